package views

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"golang.org/x/net/html"
)

// hole stands for an action in the flat text of a template.
const hole = "\uE000"

// flatten gives a template's markup with every action replaced by a hole, branches one after the other.
func flatten(list *parse.ListNode, out *strings.Builder) {
	if list == nil {
		return
	}
	branch := func(b *parse.BranchNode) {
		flatten(b.List, out)
		flatten(b.ElseList, out)
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			out.Write(n.Text)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		default:
			out.WriteString(hole)
		}
	}
}

// finding is one fault of one template.
type finding struct{ what, text string }

var (
	spoken   = []string{"alt", "title", "placeholder", "aria-label", "aria-description", "aria-valuetext", "label"}
	physical = regexp.MustCompile(`^-?(m[lr]|p[lr]|left|right|text-left|text-right|float-left|float-right|rounded-[lr]|rounded-(tl|tr|bl|br)|border-[lr]|scroll-[mp][lr]|inset-[lr])(-|$)`)
	void     = []string{"br", "hr", "img", "input", "link", "meta", "source", "wbr"}
)

func hasLetters(s string) bool {
	return strings.ContainsFunc(strings.ReplaceAll(s, hole, ""), unicode.IsLetter)
}

// lint reads flat markup: every word comes from the catalogue, no style or script stands in the markup, and no class
// names a side. Elements with translate="no", and code, hold names that are the same in every language.
func lint(markup string) []finding {
	var found []finding
	add := func(what, text string) { found = append(found, finding{what, strings.TrimSpace(text)}) }
	if !strings.Contains(markup, "<") && strings.Contains(markup, `="`) {
		markup = "<i " + markup + "></i>" // a template of attributes alone
	}
	var raw bool      // inside noscript, which the tokenizer hands over unread
	var silent []bool // for each open element: is its text no language?
	quiet := func() bool { return len(silent) > 0 && silent[len(silent)-1] }
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return found
		case html.TextToken:
			text := string(z.Text())
			if raw {
				found = append(found, lint(text)...)
			} else if !quiet() && hasLetters(strings.ReplaceAll(text, "· Ghasi", "")) {
				add("text outside the catalogue", text)
			}
		case html.EndTagToken:
			raw = false
			if len(silent) > 0 {
				silent = silent[:len(silent)-1]
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			raw = token.Data == "noscript"
			no := quiet() || slices.Contains([]string{"code", "script", "style"}, token.Data)
			for _, a := range token.Attr {
				no = no || (a.Key == "translate" && a.Val == "no")
				lintAttribute(a, add)
			}
			if token.Data == "style" {
				add("style element", token.String())
			}
			lintLoading(token, add)
			if kind == html.StartTagToken && !slices.Contains(void, token.Data) {
				silent = append(silent, no)
			}
		}
	}
}

// lintLoading reads a tag that loads something: scripts, style sheets and preloads come from the manifest, by {{asset}}, which
// writes address, digest and CORS mode; nothing else is loaded into a page.
func lintLoading(token html.Token, add func(what, text string)) {
	attr := map[string]string{}
	for _, a := range token.Attr {
		attr[a.Key] = a.Val
	}
	_, managed := attr[hole]
	checked := managed || strings.HasPrefix(attr["integrity"], "sha384-") && attr["crossorigin"] == "anonymous"
	switch token.Data {
	case "script":
		if !checked {
			add("script without digest", token.String())
		}
	case "link":
		if rel := attr["rel"]; !checked && rel != "canonical" && rel != "alternate" {
			add("link without digest", token.String())
		}
	case "iframe", "object", "embed", "base", "applet":
		add("element that loads another document", token.String())
	}
	for key, value := range attr {
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(value)), "javascript:") || key == "srcdoc" {
			add("code in an attribute", key)
		}
	}
}

func lintAttribute(a html.Attribute, add func(what, text string)) {
	if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") {
		add("inline style or script", a.Key)
	}
	if slices.Contains(spoken, a.Key) && hasLetters(a.Val) && a.Val != "Ghasi" {
		add("attribute outside the catalogue", a.Key+"="+a.Val)
	}
	if a.Key == "class" {
		for class := range strings.FieldsSeq(a.Val) {
			if i := strings.LastIndexByte(class, ':'); physical.MatchString(class[i+1:]) {
				add("class that names a side", class)
			}
		}
	}
}

func TestTemplates_Lint(t *testing.T) {
	err := fs.WalkDir(templates, "templates", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".html" {
			return err
		}
		data, err := fs.ReadFile(templates, file)
		if err != nil {
			return err
		}
		trees := map[string]*parse.Tree{}
		if _, err := parse.New(file).Parse(string(data), "", "", trees, builtins); err != nil {
			return err
		}
		for _, tree := range trees {
			var markup strings.Builder
			flatten(tree.Root, &markup)
			for _, f := range lint(markup.String()) {
				t.Errorf("%s: %s: %q", file, f.what, f.text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLint_FindsPlantedFaults(t *testing.T) {
	for markup, want := range map[string]int{
		`<p>Hello</p>`:                               1,
		`<p>` + hole + ` · ` + hole + `</p>`:         0,
		`<p><b translate="no">Ghasi</b> Hello</p>`:   1,
		`<code>curl</code>`:                          0,
		`<input placeholder="Name">`:                 1,
		`<input placeholder="` + hole + `"><p>x</p>`: 1,
		`<img alt="">`:                               0,
		`<p style="color:red"></p>`:                  1,
		`<a onclick="x()"></a>`:                      1,
		`<a hx-on:click="x()"></a>`:                  1,
		`<p class="ml-2 md:pr-4 text-left">`:         3,
		`<p class="ms-2 md:pe-4 text-start">`:        0,
		`<script src="/assets/app.js"></script>`:     1,
		`<script ` + hole + `></script>`:             0,
		`<link rel="stylesheet" href="/app.css">`:    1,
		`<link rel="modulepreload" href="/a.js">`:    1,
		`<link rel="preload" ` + hole + `>`:          0,
		`<script src="/a.js" integrity="sha384-x" crossorigin="anonymous"></script>`: 0,
		`<script src="/a.js" integrity="sha384-x"></script>`:                         1,
		`<iframe src="/x"></iframe>`:                                                 1,
		`<a href="javascript:x()"></a>`:                                              1,
		`<a href="` + hole + `"></a>`:                                                0,
		`<b class="-ml-2 hover:left-0">`:                                             2,
		`<b class="rounded-l border-r-2">`:                                           2,
	} {
		if got := lint(markup); len(got) != want {
			t.Errorf("lint(%q) = %v, want %d findings", markup, got, want)
		}
	}
}

// A script or style sheet without digest, or without the CORS mode that makes browsers look at it, is refused by the
// policy that the portal sends; a missing nonce by another.
func TestPages_EveryAssetHasItsDigest(t *testing.T) {
	r := renderer(t)
	for _, h := range registry {
		if h.kind == partial {
			continue
		}
		var page strings.Builder
		if err := r.page(&page, "ps", h, filled(h)); err != nil {
			t.Fatal(err)
		}
		loaded := 0
		z := html.NewTokenizer(strings.NewReader(page.String()))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			token := z.Token()
			attr := map[string]string{}
			for _, a := range token.Attr {
				attr[a.Key] = a.Val
			}
			loads := token.Data == "script" || token.Data == "link" && attr["rel"] != "icon"
			if kind != html.StartTagToken || !loads {
				continue
			}
			loaded++
			if !strings.HasPrefix(attr["integrity"], "sha384-") || attr["crossorigin"] != "anonymous" {
				t.Errorf("%s: %s has no digest", h.name, token)
			}
			if attr["rel"] != "preload" && attr["nonce"] != "sample" {
				t.Errorf("%s: %s has no nonce", h.name, token)
			}
		}
		if loaded != 4 {
			t.Errorf("%s loads %d assets, want font, style sheet and two scripts", h.name, loaded)
		}
	}
}
