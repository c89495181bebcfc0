package main_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
	"testing"
	"unicode"

	gopackages "golang.org/x/tools/go/packages"
)

// TestWordsComeFromTheCatalogue: what people read has the type locales.Text, which the catalogue alone makes. Go could
// still make one out of a literal, or put sentences together from parts, whose order other languages do not share.
func TestWordsComeFromTheCatalogue(t *testing.T) {
	for _, fault := range textFaults(t, "./handlers/...", "./views/...", "./auth/...", "./app/...", "./success/...", "./platform/...") {
		t.Error(fault)
	}
}

// TestTextFaults_FindsPlantedFaults: each line of the planted package that says so is found, and no other.
func TestTextFaults_FindsPlantedFaults(t *testing.T) {
	found := map[string]bool{}
	for _, fault := range textFaults(t, "./testdata/text") {
		_, where, _ := strings.Cut(fault, "text.go:")
		line, _, _ := strings.Cut(where, ":")
		found[line] = true
	}
	for line := range strings.SplitSeq("14 15 16 17 18 19 20", " ") {
		if !found[line] {
			t.Errorf("the fault in line %s is not found", line)
		}
		delete(found, line)
	}
	if len(found) > 0 {
		t.Errorf("found where there is none: lines %v", found)
	}
}

func textFaults(t *testing.T, patterns ...string) []string {
	t.Helper()
	list, err := gopackages.Load(&gopackages.Config{
		Mode: gopackages.NeedName | gopackages.NeedFiles | gopackages.NeedSyntax | gopackages.NeedTypes | gopackages.NeedTypesInfo | gopackages.NeedImports,
	}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, p := range list {
		for _, err := range p.Errors {
			t.Fatalf("%s: %v", p.PkgPath, err)
		}
		l := textLint{p}
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				if what := l.fault(n); what != "" {
					faults = append(faults, fmt.Sprintf("%s: %s", p.Fset.Position(n.Pos()), what))
				}
				return true
			})
		}
	}
	return faults
}

type textLint struct{ *gopackages.Package }

// isText reports whether an expression is a locales.Text.
func (l textLint) isText(e ast.Expr) bool {
	named, ok := types.Unalias(l.TypesInfo.TypeOf(e)).(*types.Named)
	return ok && named.Obj().Name() == "Text" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == module+"/locales"
}

// words returns the letters of a constant: a dash, or nothing, is no language.
func (l textLint) words(e ast.Expr) string {
	v := l.TypesInfo.Types[e].Value
	if v == nil || v.Kind() != constant.String || !strings.ContainsFunc(constant.StringVal(v), unicode.IsLetter) {
		return ""
	}
	return constant.StringVal(v)
}

func (l textLint) fault(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind == token.STRING && l.isText(n) && l.words(n) != "" {
			return "a literal as locales.Text: " + n.Value
		}
	case *ast.BinaryExpr:
		if n.Op == token.ADD && (l.isText(n.X) || l.isText(n.Y)) {
			return "text put together with +: make it one message with arguments"
		}
	case *ast.AssignStmt:
		if n.Tok == token.ADD_ASSIGN && l.isText(n.Lhs[0]) {
			return "text put together with +=: make it one message with arguments"
		}
	case *ast.CallExpr:
		return l.call(n)
	}
	return ""
}

func (l textLint) call(n *ast.CallExpr) string {
	if tv := l.TypesInfo.Types[n.Fun]; tv.IsType() && len(n.Args) == 1 {
		if l.isText(n) && !l.isText(n.Args[0]) {
			return "a conversion to locales.Text: use the catalogue, or locales.Verbatim for what is the same in every language"
		}
		return ""
	}
	fun, ok := n.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	f, ok := l.TypesInfo.Uses[fun.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "fmt" {
		return ""
	}
	for _, arg := range n.Args {
		if l.isText(arg) {
			return "text put together with fmt." + f.Name() + ": make it one message with arguments"
		}
	}
	return ""
}
