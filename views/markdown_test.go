package views

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestMarkdown(t *testing.T) {
	for source, want := range map[string]string{
		"They **renew** in March.":            "<p>They <strong>renew</strong> in March.</p>",
		"# Plan\n\n1. call\n2. write":         "<h3>Plan</h3>\n<ol>\n<li>call</li>\n<li>write</li>\n</ol>",
		"a\nb":                                "<p>a<br>\nb</p>",
		"`<b>` & `x`":                         "<p><code>&lt;b&gt;</code> &amp; <code>x</code></p>",
		"see https://ghasi.io/a":              `<p>see <a href="https://ghasi.io/a" rel="nofollow noreferrer noopener" target="_blank">https://ghasi.io/a</a></p>`,
		"[me](mailto:a@b.af)":                 `<p><a href="mailto:a@b.af" rel="nofollow noreferrer">me</a></p>`,
		"<script>alert(1)</script>x":          "",
		"a <b onclick=x()>c</b>":              "<p>a c</p>",
		"[x](javascript:alert(1))":            "<p>x</p>",
		"[x](  java\tscript:alert(1))":        "",
		"[x](data:text/html,<script>1)":       "",
		"![x](https://evil.example/p.png)":    "<p></p>",
		"[x](/admin/tenants \"t\" onclick=1)": "",
		"| a | b |\n|---|---|\n| 1 | 2 |":     "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>",
	} {
		got := strings.TrimSpace(string(Markdown(source).HTML()))
		if want != "" && got != want {
			t.Errorf("%q:\n got %s\nwant %s", source, got, want)
		}
		harmless(t, source, got)
	}
}

// harmless parses what a browser would, and fails for anything that could run, load or restyle.
func harmless(t *testing.T, source, markup string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if strings.Contains(" script style iframe img svg math object embed link meta base form input template ", " "+n.Data+" ") {
			t.Errorf("%q gives <%s>", source, n.Data)
		}
		for _, a := range n.Attr {
			ok := a.Key == "href" && (strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "mailto:")) ||
				a.Key == "rel" || a.Key == "target" && a.Val == "_blank" || a.Key == "start"
			if !ok {
				t.Errorf("%q gives <%s %s=%q>", source, n.Data, a.Key, a.Val)
			}
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"# a", "[a](javascript:x)", "<svg/onload=1>", "![a](b)", "<math><mtext></table><style><img src onerror=1>", "\x00", "a\n\n<!--x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) { harmless(t, source, string(Markdown(source).HTML())) })
}
