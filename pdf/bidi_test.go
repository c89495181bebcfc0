package pdf

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/bidi"
)

// TestBidiLevels_Conform runs Unicode's own test of the algorithm, which the shaping library's module has beside its code.
func TestBidiLevels_Conform(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-text/typesetting").Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "bidi", "test", "BidiCharacterTest.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	cases := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		if line == "" || line[0] == '#' || strings.Contains(line, "2029") { // paragraphs are divided before
			continue
		}
		cases++
		checkBidiCase(t, line)
	}
	if cases < 90_000 {
		t.Errorf("only %d cases", cases)
	}
}

// checkBidiCase checks one line: code points; direction; base level; levels; visual order.
func checkBidiCase(t *testing.T, line string) {
	t.Helper()
	fields := strings.Split(line, ";")
	var text []rune
	for _, code := range strings.Fields(fields[0]) {
		r, err := strconv.ParseInt(code, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, rune(r))
	}
	base, err := strconv.ParseUint(fields[2], 10, 8)
	if err != nil {
		t.Fatal(err)
	}
	levels := bidiLevels(text, uint8(base))
	trailing(text, levels, uint8(base))
	var kept []uint8
	var at []int
	var got []string
	for i, want := range strings.Fields(fields[3]) {
		if want == "x" { // removed by X9
			got = append(got, "x")
			continue
		}
		got, kept, at = append(got, strconv.Itoa(int(levels[i]))), append(kept, levels[i]), append(at, i)
	}
	var order []string
	for _, k := range visualOrder(kept) {
		order = append(order, strconv.Itoa(at[k]))
	}
	if !slices.Equal(got, strings.Fields(fields[3])) || !slices.Equal(order, strings.Fields(fields[4])) {
		t.Errorf("%s\nlevels %v, order %v", line, got, order)
	}
}

// trailing applies L1 for a line that is the whole paragraph; the shaper does it by leaving white space out.
func trailing(text []rune, levels []uint8, base uint8) {
	reset := true
	for i := len(text) - 1; i >= 0; i-- {
		props, _ := bidi.LookupRune(text[i])
		switch c := props.Class(); {
		case c == bidi.S || c == bidi.B:
			levels[i], reset = base, true
		case c == bidi.WS || c == bidi.PDI || isInitiator(c) || removed(c):
			if reset {
				levels[i] = base
			}
		default:
			reset = false
		}
	}
}
