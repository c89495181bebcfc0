package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "ghasi.io/portal"

type roomRule struct {
	name string
	may  []string
}

// rooms is the house: what the code of each room may import of ours. A room is the longest prefix of a package's path
// that is named here; it may always import itself and its own sub-packages. Imports point down the list.
var rooms = []roomRule{
	{"", []string{"app", "config"}}, // main.go
	{"app", []string{
		"config", "handlers", "auth", "success", "pdf", "platform", "views", "client", "store", "jobs", "blob", "database",
		"static", "locales", "telemetry", "portal",
	}},
	{"handlers", []string{"auth", "client", "store", "success", "views", "locales", "static", "telemetry", "portal"}},
	{"auth", []string{"client", "telemetry", "portal"}},
	{"success", []string{"client", "store", "pdf", "jobs", "blob", "locales", "telemetry", "portal"}},
	{"platform", []string{"pdf", "jobs", "blob", "database", "locales", "telemetry", "portal"}},
	{"pdf", nil},
	{"views", []string{"locales", "static", "portal"}},
	{"client", []string{"telemetry", "portal"}},
	{"store", []string{"database", "portal"}},
	{"jobs", []string{"database", "portal"}},
	{"blob", []string{"portal"}},
	{"database", []string{"portal"}},
	{"static", nil},
	{"locales", nil},
	{"config", nil},
	{"telemetry", nil},
	{"portal", nil},
}

// testHelpers may be imported by the tests of any room, and by each other; by no code that ships.
var testHelpers = []string{"auth/authtest", "client/contracttest", "database/dbtest", "handlers/web/webtest"}

// onlyIn names libraries that stay inside one room.
var onlyIn = map[string][]string{
	"modernc.org/sqlite":             {"database"},
	"github.com/jackc/pgx":           {"database"},
	"github.com/uptrace/bun/dialect": {"database"},
	"github.com/uptrace/bun":         {"database", "store", "platform", "jobs"},
	"github.com/gorilla/sessions":    {"auth"},
	"github.com/gin-gonic/gin":       {"handlers", "app"},
	"html/template":                  {"views"},
	"github.com/getkin/kin-openapi":  {"client/contracttest"},
	"github.com/caarlos0/env":        {"config"},
	"go.opentelemetry.io/otel/sdk":   {"telemetry"},
	"github.com/riverqueue/river":    {"jobs"},
	"github.com/minio/minio-go":      {"blob"},
	"github.com/nats-io":             {"success"},
	"github.com/go-text/typesetting": {"pdf"},
	"github.com/smallstep/pkcs7":     {"pdf"},
	"github.com/getsentry/sentry-go": {"telemetry"},
	"golang.org/x/crypto/acme":       {"app"},
}

type goPackage struct {
	ImportPath                         string
	Name                               string
	Imports, TestImports, XTestImports []string
}

// packages lists ours, as the go command sees them.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 20 {
		t.Fatalf("go list found %d packages: that is not the house", len(list))
	}
	return list
}

// ours returns a package's path below the module ("" for main.go).
func ours(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func room(path string) string {
	name, _, _ := strings.Cut(path, "/")
	return name
}

// within reports whether path is prefix or below it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func TestImportsPointDown(t *testing.T) {
	allowed := map[string][]string{}
	for i, r := range rooms {
		allowed[r.name] = append([]string{r.name}, r.may...)
		for _, lower := range r.may {
			if !slices.ContainsFunc(rooms[i+1:], func(x roomRule) bool { return x.name == lower }) {
				t.Errorf("the table itself points up: %q may import %q", r.name, lower)
			}
		}
	}
	for _, p := range packages(t) {
		path, _ := ours(p.ImportPath)
		from := room(path)
		if from == "e2e" || slices.Contains(testHelpers, path) || p.Name == "main" && path != "" {
			continue // e2e may import all; helpers serve tests; a program of the build is no room
		}
		may, known := allowed[from]
		if !known {
			t.Errorf("%s lies in no room of the house", path)
			continue
		}
		for _, imported := range p.Imports {
			to, our := ours(imported)
			if our && !slices.Contains(may, room(to)) {
				t.Errorf("%q imports %q: imports point down the house's list", path, to)
			}
			if our && slices.Contains(testHelpers, to) {
				t.Errorf("%q ships the test helper %q", path, to)
			}
			if our && isFeature(path) && isFeature(to) && path != to {
				t.Errorf("the feature %q imports the feature %q: what they share belongs in handlers/web", path, to)
			}
		}
	}
}

// isFeature reports whether path is one feature's handlers. Below handlers, web is their common plumbing.
func isFeature(path string) bool {
	return strings.HasPrefix(path, "handlers/") && !within(path, "handlers/web")
}

// testsMay are rooms that the tests of a room import besides what its code may: they run it against the real other side.
var testsMay = map[string][]string{"success": {"platform", "database"}, "platform": {"client"}}

// TestTestsPointDown: tests may also use the helpers, and what those hand them.
func TestTestsPointDown(t *testing.T) {
	allowed := map[string][]string{}
	for _, r := range rooms {
		allowed[r.name] = slices.Concat([]string{r.name}, r.may, testsMay[r.name])
	}
	for _, p := range packages(t) {
		path, _ := ours(p.ImportPath)
		if from := room(path); from != "e2e" && from != "app" {
			for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
				to, our := ours(imported)
				if our && !slices.Contains(testHelpers, to) && !slices.Contains(allowed[from], room(to)) {
					t.Errorf("the tests of %q import %q", path, to)
				}
			}
		}
	}
}

func TestLibrariesStayInTheirRoom(t *testing.T) {
	for _, p := range packages(t) {
		path, _ := ours(p.ImportPath)
		for _, imported := range p.Imports {
			library := ""
			for name := range onlyIn { // the longest name decides: bun's dialects are narrower than bun
				if within(imported, name) && len(name) > len(library) {
					library = name
				}
			}
			if library == "" || slices.Contains(testHelpers, path) && library != "github.com/getkin/kin-openapi" {
				continue
			}
			if !slices.ContainsFunc(onlyIn[library], func(home string) bool { return within(path, home) }) {
				t.Errorf("%q imports %s, which belongs in %v", path, imported, onlyIn[library])
			}
		}
	}
}

// TestFilesAreShort holds hand-written files to 400 lines.
func TestFilesAreShort(t *testing.T) {
	eachGoFile(t, func(path string, source []byte) {
		if bytes.Contains(source, []byte("\n// Code generated ")) || bytes.HasPrefix(source, []byte("// Code generated ")) {
			return
		}
		if n := bytes.Count(source, []byte("\n")); n > 400 {
			t.Errorf("%s has %d lines, 400 is the most", path, n)
		}
	})
}

// TestTrustedMarkup: a string becomes trusted markup in views/trusted.go and nowhere else, not even for a test's sake.
func TestTrustedMarkup(t *testing.T) {
	conversions := 0
	eachGoFile(t, func(path string, source []byte) {
		found, err := trustedConversions(path, source)
		if err != nil {
			t.Fatal(err)
		}
		conversions += len(found)
		if len(found) > 0 && path != "views/trusted.go" {
			t.Errorf("%s converts to template.%s", path, strings.Join(found, ", "))
		}
	})
	if conversions == 0 {
		t.Error("no conversion found, not even in views/trusted.go: this test looks in the wrong place")
	}
}

func TestTrustedMarkup_FindsPlantedFaults(t *testing.T) {
	for body, want := range map[string]int{
		`import "html/template"; var x = template.HTML("<b>")`:                       1,
		`import t "html/template"; var x = t.JS("1")`:                                1,
		`import . "html/template"; var x = URL("javascript:1")`:                      1,
		`import "html/template"; var x, y = template.HTMLAttr(""), template.CSS("")`: 2,
		`import "html/template"; var f = (template.HTML)("<b>")`:                     1,
		`import "html/template"; type markup = template.HTML; var x = markup("")`:    1,
		`import "html/template"; var x template.HTML = "<b>"`:                        1,
		`import "text/template"; var x = template.HTML("<b>")`:                       0,
		`import "html/template"; func f(t *template.Template, m template.HTML) {}`:   0,
	} {
		if found, err := trustedConversions("x.go", []byte("package x; "+body)); err != nil || len(found) != want {
			t.Errorf("%s: %v, %v; want %d", body, found, err, want)
		}
	}
}

// trustedConversions names the types of html/template that source turns something into: by a conversion, by a name of its own
// for the type, or by a variable that takes a constant as that type. To take and return such a value is no conversion.
func trustedConversions(path string, source []byte) (found []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	pkg := templateName(file)
	trusted := func(e ast.Expr) {
		name := ""
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok && pkg != "" && id.Name == pkg {
				name = x.Sel.Name
			}
		case *ast.Ident:
			if pkg == "." {
				name = x.Name
			}
		}
		if slices.Contains([]string{"HTML", "HTMLAttr", "JS", "JSStr", "CSS", "URL", "Srcset"}, name) {
			found = append(found, name)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			trusted(x.Fun)
		case *ast.TypeSpec:
			trusted(x.Type)
		case *ast.ValueSpec:
			if len(x.Values) > 0 && x.Type != nil {
				trusted(x.Type)
			}
		}
		return true
	})
	return found, nil
}

// templateName is what a file calls html/template; "" when it does not import it.
func templateName(file *ast.File) string {
	for _, i := range file.Imports {
		if i.Path.Value == `"html/template"` {
			if i.Name != nil {
				return i.Name.Name
			}
			return "template"
		}
	}
	return ""
}

// TestOneNoun: every feature has its page structs, its templates and its words under its own noun.
func TestOneNoun(t *testing.T) {
	features, err := filepath.Glob("handlers/*/page.go")
	if err != nil || len(features) < 4 {
		t.Fatalf("features: %v, %v", features, err)
	}
	words, err := os.ReadFile("locales/en/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range features {
		noun := filepath.Base(filepath.Dir(f))
		for _, want := range []string{"views/" + noun + ".go", "views/templates/" + noun + "/*.html"} {
			if found, err := filepath.Glob(want); err != nil || len(found) == 0 {
				t.Errorf("the feature %s lacks %s", noun, want)
			}
		}
		if !bytes.Contains(words, []byte(`"`+noun+`.`)) {
			t.Errorf("the feature %s has no words %s.* in the catalogue", noun, noun)
		}
	}
}

func eachGoFile(t *testing.T, do func(path string, source []byte)) {
	t.Helper()
	root := "."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") {
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			do(filepath.ToSlash(path), source)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
