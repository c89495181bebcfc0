package seed

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"ghasi.io/portal/portal/sms"
)

//go:embed texts.json
var textsJSON []byte

// text is something a business sends again and again: {6} stands for six digits. As these never change how long it is,
// one analysis serves every message of it.
type text struct {
	Weight int    `json:"weight"`
	From   string `json:"from"`
	Text   string `json:"text"`

	analysis sms.Analysis
}

// readTexts returns the texts of each tenant.
func readTexts() (map[string][]text, error) {
	var all map[string][]text
	if err := json.Unmarshal(textsJSON, &all); err != nil {
		return nil, fmt.Errorf("read the demo's texts: %w", err)
	}
	rnd := rand.New(rand.NewPCG(0, 0)) //nolint:gosec // demo data
	for _, texts := range all {
		for i := range texts {
			texts[i].analysis = sms.Analyse(texts[i].write(rnd))
		}
	}
	return all, nil
}

// write fills in the digits.
func (t *text) write(rnd *rand.Rand) string {
	before, rest, ok := strings.Cut(t.Text, "{")
	if !ok {
		return t.Text
	}
	var b strings.Builder
	b.Grow(len(t.Text) + 8)
	for ok {
		b.WriteString(before)
		low := 1
		for range rest[0] - '1' {
			low *= 10
		}
		b.WriteString(strconv.Itoa(low + rnd.IntN(9*low)))
		before, rest, ok = strings.Cut(rest[2:], "{")
	}
	b.WriteString(before)
	return b.String()
}

// number makes an Afghan mobile number of an operator. No magic number of the carrier is among them.
func number(rnd *rand.Rand, prefixes []string) string {
	p := prefixes[rnd.IntN(len(prefixes))]
	n := 9 - len(p)
	low := 1
	for range n - 1 {
		low *= 10
	}
	return "+93" + p + strconv.Itoa(low+rnd.IntN(9*low))
}
