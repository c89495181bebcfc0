package static

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// speaking is a place where a script gives the page words: a literal with letters in it, or one put together with
// something else. Words come from the page, which has them from the catalogue.
var speaking = regexp.MustCompile(
	`(?:textContent|innerText|\.title|\.placeholder|\.alt|ariaLabel|ariaDescription|announce\(|toast\(|alert\(|confirm\(|prompt\(|setCustomValidity\(|createTextNode\(` +
		`|setAttribute\(\s*['"](?:aria-label|title|placeholder|alt)['"]\s*,)` +
		`\s*\+?=?\s*(?:[^;\n]*?)(['"` + "`" + `])([^'"` + "`" + `]*)`)

// spokenWords returns the literals that a script shows to people.
func spokenWords(script string) []string {
	var found []string
	for line := range strings.Lines(script) {
		if code, _, comment := strings.Cut(line, "//"); comment {
			line = code
		}
		m := speaking.FindStringSubmatch(line)
		if m != nil && regexp.MustCompile(`\p{L}{2}|\$\{`).MatchString(m[2]) && !strings.Contains(m[0], "dataset") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

func TestScripts_HaveNoWords(t *testing.T) {
	files, err := filepath.Glob("src/js/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range append(files, "src/portal.js") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range spokenWords(string(data)) {
			t.Errorf("%s speaks: %s", file, line)
		}
	}
}

func TestSpokenWords_FindsPlantedFaults(t *testing.T) {
	for line, want := range map[string]bool{
		`node.textContent = "Copied";`:                        true,
		"node.textContent = `${n} messages`;":                 true,
		`node.textContent = text + ' characters';`:            true,
		`button.setAttribute('aria-label', 'Close');`:         true,
		`announce('Page ' + title);`:                          true,
		`field.setCustomValidity("Too long");`:                true,
		`node.textContent = '';`:                              false,
		`node.textContent = number(length);`:                  false,
		`label.textContent = button.dataset.copied;`:          false,
		`announce(document.title);`:                           false,
		`// textContent = "a comment"`:                        false,
		`button.setAttribute('aria-label', words().close);`:   false,
		`line.querySelector('[data-error]').textContent = m;`: false,
	} {
		if got := len(spokenWords(line)) > 0; got != want {
			t.Errorf("%s: found %t, want %t", line, got, want)
		}
	}
}
