package static

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rule is something that a source file must not say.
type rule struct {
	why     string
	pattern *regexp.Regexp
}

func rules(pairs ...string) (list []rule) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, rule{pairs[i], regexp.MustCompile(pairs[i+1])})
	}
	return list
}

// sinks turn strings into elements or code. Only js/policy.js may name one, because there DOMPurify stands before it.
var sinks = rules(
	"HTML sink", `\.(inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\s*\.\s*write(ln)?\b`,
	"HTML parser", `\bDOMParser\b|\b(setHTMLUnsafe|parseHTMLUnsafe|setHTML|parseHTML|createContextualFragment)\b`,
	"framed document", `\bsrcdoc\b`,
	"code from a string", `\beval\b|\bnew\s+Function\b|\bset(Timeout|Interval)\s*\(\s*['"`+"`"+`]|\bimport\s*\(|javascript:`,
	"handler from a string", `setAttribute(NS)?\s*\(\s*['"`+"`"+`]on|\.setAttribute\s*\(\s*[a-z]`,
	"script element", `createElement\s*\(\s*['"`+"`"+`](script|iframe|object|embed)`,
	"Trusted Types policy", `\btrustedTypes\b|\bcreatePolicy\b|\bcreate(HTML|Script|ScriptURL)\b`,
	"worker", `\bnew\s+(Shared)?Worker\b|\bserviceWorker\b`,
)

// sides name a direction that right-to-left scripts turn round.
var sides = rules(
	"side in a property", `(^|[;{\s-])(margin|padding|border|scroll-margin|scroll-padding)-(left|right)(-[a-z]+)?\s*:`,
	"corner in a property", `border-(top|bottom)-(left|right)-radius\s*:`,
	"side in an inset", `(^|[;{\s])(left|right)\s*:`,
	"side in a value", `(float|clear|text-align|caption-side)\s*:\s*(left|right)\b`,
	"physical utility", `@apply[^;]*[\s:]-?(m[lr]|p[lr]|left|right|text-left|text-right|float-left|float-right|rounded-[lrtb][lr]?|border-[lr]|scroll-[mp][lr])-`,
)

// comments of JavaScript and CSS, as the lint reads them: strings with // in them are rare enough to look at by hand.
var comments = regexp.MustCompile(`(?s:/\*.*?\*/)|(?m:(^|\s)//.*$)`)

// lint returns what source says that rules forbid.
func lint(source string, forbidden []rule) (found []string) {
	source = comments.ReplaceAllString(source, "$1")
	for _, r := range forbidden {
		for _, hit := range r.pattern.FindAllString(source, -1) {
			found = append(found, r.why+": "+strings.TrimSpace(hit))
		}
	}
	return found
}

// sources calls do with every file of src whose name ends with ext.
func sources(t *testing.T, ext string, do func(path, source string)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir("src", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ext {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		do(filepath.ToSlash(path), string(data))
		return nil
	})
	if err != nil || files < 5 {
		t.Fatalf("%d files of %s: %v", files, ext, err)
	}
}

func TestScripts_NameNoSink(t *testing.T) {
	sources(t, ".js", func(path, source string) {
		if path == "src/js/policy.js" {
			if len(lint(source, sinks)) == 0 {
				t.Error("the policy itself names no sink: this test looks in the wrong place")
			}
			return
		}
		for _, f := range lint(source, sinks) {
			t.Errorf("%s: %s", path, f)
		}
	})
}

// TestScripts_OnePolicy: the policy is made once and does not leave its file.
func TestScripts_OnePolicy(t *testing.T) {
	data, err := os.ReadFile("src/js/policy.js")
	if err != nil {
		t.Fatal(err)
	}
	source := comments.ReplaceAllString(string(data), "$1")
	if n := strings.Count(source, "createPolicy("); n != 1 || !strings.Contains(source, "createPolicy('ghasi-portal'") {
		t.Errorf("%d policies", n)
	}
	if regexp.MustCompile(`\bexport\b|\b(globalThis|window|self)\.\w+\s*=`).MatchString(source) {
		t.Error("the policy's file hands something out")
	}
}

func TestStyles_NameNoSide(t *testing.T) {
	sources(t, ".css", func(path, source string) {
		for _, f := range lint(source, sides) {
			t.Errorf("%s: %s", path, f)
		}
	})
}

func TestLint_FindsPlantedFaults(t *testing.T) {
	for source, want := range map[string]int{
		"box.innerHTML = x":                         1,
		"box.outerHTML += x":                        1,
		"box.insertAdjacentHTML('beforeend', x)":    1,
		"document.write(x)":                         1,
		"new DOMParser().parseFromString(x)":        1,
		"range.createContextualFragment(x)":         1,
		"frame.srcdoc = x":                          1,
		"eval(x)":                                   1,
		"new Function('return 1')":                  1,
		"setTimeout('x()', 1)":                      1,
		"setTimeout(() => x(), 1)":                  0,
		"a.href = 'javascript:x()'":                 1,
		"a.setAttribute('onclick', x)":              1,
		"a.setAttribute(name, x)":                   1,
		"a.setAttribute('role', 'alert')":           0,
		"document.createElement('script')":          1,
		"document.createElement(tag)":               0,
		"trustedTypes.createPolicy('x', {})":        2,
		"new Worker(url)":                           1,
		"box.textContent = x // not box.innerHTML":  0,
		"/* innerHTML would do */ box.append(node)": 0,
		"fetch('https://x/').then(() => eval('1'))": 1,
	} {
		if got := lint(source, sinks); len(got) != want {
			t.Errorf("sinks in %q: %v, want %d", source, got, want)
		}
	}
	for source, want := range map[string]int{
		"a { margin-left: 1px }":                                                 1,
		"a { padding-right:1px; left: 0 }":                                       2,
		"a { border-left-color: red }":                                           1,
		"a { border-top-left-radius: 1px }":                                      1,
		"a { text-align: right; float: left }":                                   2,
		"a { margin-inline-start: 1px; inset-inline-end: 0; text-align: start }": 0,
		"a { border-start-end-radius: 1px; background: left }":                   0,
		"a { @apply ml-2 text-left-; }":                                          1,
		"a { @apply ms-2 text-start; }":                                          0,
		"/* left: 0 */ a { inset-inline-start: 0 }":                              0,
	} {
		if got := lint(source, sides); len(got) != want {
			t.Errorf("sides in %q: %v, want %d", source, got, want)
		}
	}
}

// TestGenerated_NamesNoOtherHost: what is served asks for no source map, and style sheets load from nowhere else.
func TestGenerated_NamesNoOtherHost(t *testing.T) {
	a := assets(t)
	for _, name := range []string{"app.js", "boot.js", "app.css"} {
		asset, ok := a.Lookup(name)
		if !ok {
			t.Fatalf("%s is missing", name)
		}
		if strings.Contains(string(asset.plain), "sourceMappingURL") {
			t.Errorf("%s names a source map", name)
		}
		if name == "app.css" && regexp.MustCompile(`url\(["']?(https?:)?//`).Match(asset.plain) {
			t.Errorf("%s loads from another host", name)
		}
	}
}
