package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModelNamesItsProofs: every test, file and target that SECURITY.md leans on is there.
func TestThreatModelNamesItsProofs(t *testing.T) {
	doc, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	eachGoFile(t, func(path string, source []byte) {
		if strings.HasSuffix(path, "_test.go") {
			tests.Write(source)
		}
	})
	proofs := 0
	for _, quoted := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(string(doc), -1) {
		name := quoted[1]
		switch {
		case strings.HasPrefix(name, "Test"):
			proofs++
			pattern := `(?m)^func ` + strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, `\w*`) + `\(t `
			if !regexp.MustCompile(pattern).MatchString(tests.String()) {
				t.Errorf("SECURITY.md leans on %s, which is no test", name)
			}
		case strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".sh"):
			proofs++
			if found, err := filepath.Glob(name); err != nil || len(found) == 0 {
				t.Errorf("SECURITY.md leans on %s, which is not there: %v", name, err)
			}
		}
	}
	if proofs < 20 {
		t.Errorf("%d proofs: this test looks in the wrong place", proofs)
	}
}
