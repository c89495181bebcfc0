package views

import (
	"bytes"
	"html/template"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Markup is HTML that is safe to show: only this package makes it.
type Markup struct{ html template.HTML }

// HTML is the markup, for a template.
func (m Markup) HTML() template.HTML { return m.html }

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify, extension.TaskList),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(lowerHeadings{}, 100))),
	goldmark.WithRendererOptions(html.WithHardWraps()), // raw HTML in the source is left out
)

// noteHeading is the level of the largest heading in a text: it stands below a page's h1 and a card's h2.
const noteHeading = 3

// lowerHeadings fits a text's headings into the page around it.
type lowerHeadings struct{}

func (lowerHeadings) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function gives no error
		if h, ok := n.(*ast.Heading); ok && entering {
			h.Level = min(h.Level+noteHeading-1, 6)
		}
		return ast.WalkContinue, nil
	})
}

// sanitizer lets through what Markdown makes, and nothing that loads, runs, styles or names anything.
var sanitizer = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5", "h6",
		"table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,6}$`)).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

// Markdown renders a text that somebody wrote.
func Markdown(source string) Markup {
	var b bytes.Buffer
	if err := markdown.Convert([]byte(source), &b); err != nil { // a buffer takes everything
		return Markup{sanitizedHTML([]byte(template.HTMLEscapeString(source)))}
	}
	return Markup{sanitizedHTML(b.Bytes())}
}
