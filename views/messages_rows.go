package views

import (
	"html/template"
	"strings"
	"sync"

	"ghasi.io/portal/static"
)

// MessageRow is one line of a [MessageTable], ready to show.
type MessageRow struct {
	MessageID, URL       string
	To, From             string
	Status               Badge
	Submitted, Delivered Time
	Focus                bool // the first of the rows that "Load more" added
}

// MessageHeads names the columns; on a narrow screen each cell carries its column's name.
type MessageHeads struct {
	Message, To, From, Status, Submitted, Delivered Text
	None                                            Text // said of an empty cell
}

// MessageRows are the rows of a table of messages.
type MessageRows struct {
	Heads MessageHeads
	Items []MessageRow
}

// messageRowsTemplate draws the rows in the usual way: the measure of [MessageRows.HTML].
var messageRowsTemplate = fragment[MessageRows]("messages/_rows")

// HTML draws the rows. This is the hot spot of the portal: html/template takes thirty times as long for fifty rows, nearly
// all of it in escaping by reflection. So here, and nowhere else, markup is appended by hand; a test holds it equal
// to templates/messages/_rows.html, which says the same in the usual way.
func (r MessageRows) HTML() template.HTML {
	const perRow = 1200 // bytes, generous: one allocation
	b := rowBuilder{sprite: spritePath()}
	b.Grow(perRow * len(r.Items))
	for i := range r.Items {
		b.row(&r.Heads, &r.Items[i])
	}
	return rowsHTML(&b)
}

// spritePath is where the icons are. Renderers are made only when the assets load, so it is never empty in a page.
var spritePath = sync.OnceValue(func() string {
	assets, err := static.Load()
	if err != nil {
		return ""
	}
	sprite, _ := assets.Lookup("sprite.svg")
	if sprite == nil {
		return ""
	}
	return sprite.Path
})

// rowBuilder collects markup. Constants go in by lit, everything else by text or attr, which escape.
type rowBuilder struct {
	strings.Builder
	sprite string

	iconName, icon string // the icon drawn last: neighbours mostly have the same
}

func (b *rowBuilder) lit(s string) { b.WriteString(s) }

func (b *rowBuilder) row(h *MessageHeads, r *MessageRow) {
	b.cell("<tr><td", h.Message)
	b.lit(`<a class="row-link" href="`)
	b.url(r.URL)
	if r.Focus {
		b.lit(`" data-focus><code>`)
	} else {
		b.lit(`"><code>`)
	}
	b.escape(r.MessageID)
	b.cell("</code></a></td><td", h.To)
	b.lit(`<bdi dir="ltr">`)
	b.escape(r.To)
	b.cell("</bdi></td><td", h.From)
	b.lit(`<bdi>`)
	b.escape(r.From)
	b.cell("</bdi></td><td", h.Status)
	b.badge(r.Status)
	b.cell("</td><td", h.Submitted)
	b.time(r.Submitted, h.None)
	b.cell("</td><td", h.Delivered)
	b.time(r.Delivered, h.None)
	b.lit("</td></tr>")
}

// cell ends what came before and opens the next cell.
func (b *rowBuilder) cell(before string, label Text) {
	b.lit(before)
	b.lit(` data-label="`)
	b.escape(string(label))
	b.lit(`">`)
}

// badge is templates/parts/badge.html.
func (b *rowBuilder) badge(v Badge) {
	b.lit(`<span class="badge badge-`)
	b.escape(v.Kind)
	b.lit(`">`)
	if name := v.Icon(); name != b.iconName {
		b.iconName, b.icon = name, string(iconHTML(b.sprite, name))
	}
	b.lit(b.icon)
	b.escape(string(v.Label))
	b.lit(`</span>`)
}

// time is templates/parts/time.html.
func (b *rowBuilder) time(v Time, none Text) {
	if v.ISO == "" {
		b.lit(`<span class="none" aria-label="`)
		b.escape(string(none))
		b.lit(`">–</span>`)
		return
	}
	b.lit(`<time datetime="`)
	b.escape(v.ISO)
	b.lit(`" title="`)
	b.escape(string(v.Exact))
	if v.Other != "" {
		b.lit(" · ")
		b.escape(string(v.Other))
	}
	b.lit(`">`)
	b.escape(string(v.Text))
	b.lit(`</time>`)
}

// escape writes s for an element's content or a quoted attribute, as html/template does: NUL becomes U+FFFD.
func (b *rowBuilder) escape(s string) {
	from := 0
	for i := range len(s) {
		var to string
		switch s[i] {
		case '&':
			to = "&amp;"
		case '<':
			to = "&lt;"
		case '>':
			to = "&gt;"
		case '"':
			to = "&#34;"
		case '\'':
			to = "&#39;"
		case 0:
			to = "\uFFFD"
		default:
			continue
		}
		b.WriteString(s[from:i])
		b.WriteString(to)
		from = i + 1
	}
	b.WriteString(s[from:])
}

// url writes an address for an attribute, as html/template does: a local path stays as it is, whatever can't stand in one is
// percent-encoded, and anything else than a local path leads nowhere.
func (b *rowBuilder) url(s string) {
	if s == "" || s[0] != '/' {
		b.lit("#")
		return
	}
	const hex = "0123456789abcdef"
	from := 0
	for i := range len(s) {
		if plainURL[s[i]] || s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			continue
		}
		b.escape(s[from:i])
		b.WriteByte('%')
		b.WriteByte(hex[s[i]>>4])
		b.WriteByte(hex[s[i]&15])
		from = i + 1
	}
	b.escape(s[from:])
}

// plainURL tells the bytes that stand for themselves in an address (RFC 3986, less quotes and parentheses).
var plainURL = func() (plain [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!#$&*+,/:;=?@[]") {
		plain[c] = true
	}
	return plain
}()

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
