package app

import (
	"bytes"
	"strings"
	"testing"
)

func TestParseMicros(t *testing.T) {
	for s, want := range map[string]int64{"1500": 1_500_000_000, "12.5": 12_500_000, "0.000001": 1, "0": 0, "999999999.999999": 999_999_999_999_999} {
		if got, err := parseMicros(s); err != nil || got != want {
			t.Errorf("%q is %d, want %d: %v", s, got, want, err)
		}
	}
	for _, s := range []string{"", ".5", "5.", "-1", "+1", "1e3", "1,5", "1.2.3", "1.0000001", "1234567890", "۵", " 1"} {
		if got, err := parseMicros(s); err == nil {
			t.Errorf("%q is read as %d", s, got)
		}
	}
}

// TestBillingCommands: credit comes in by the command line, once for a reference.
func TestBillingCommands(t *testing.T) {
	t.Setenv("PORTAL_DATA_DIR", t.TempDir())
	t.Setenv("PORTAL_DEMO", "false")
	run := func(in string, args ...string) (string, error) {
		t.Helper()
		var out bytes.Buffer
		cmd := Command("test")
		cmd.SetArgs(args)
		cmd.SetIn(strings.NewReader(in))
		cmd.SetOut(&out)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	if _, err := run("a long password 93", "account", "create", "--email", "a@example.af", "--name", "Ahmad", "--tenant", "Example Ltd"); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args string
		want string // of the answer, or of the error
	}{
		{"credit terms|Example Ltd|--currency|USD|--limit|50.5|--days|30", "Example Ltd: set"},
		{"credit add|Example Ltd|100|--reference|bank 1", "Example Ltd 100: added"},
		{"credit add|Example Ltd|100|--reference|bank 1", "conflict"},
		{"credit add|Example Ltd|1,5|--reference|bank 2", "no amount"},
		{"credit add|Nobody|1|--reference|bank 2", "no such tenant"},
		{"credit terms|Example Ltd|--currency|AFN", "conflict"},
		{"invoice pay|GH-2026-000001", "not_found"},
		{"invoice void|GH-2026-000001", "not_found"},
	} {
		words := strings.Split(tc.args, "|")
		out, err := run("", append(strings.Fields(words[0]), words[1:]...)...)
		if err != nil {
			out = err.Error()
		}
		if !strings.Contains(out, tc.want) {
			t.Errorf("%s: %q, want %q", tc.args, out, tc.want)
		}
	}
}
