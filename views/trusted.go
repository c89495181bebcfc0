package views

import "html/template"

// trusted is the one place where text becomes HTML without escaping. Only the functions of this file call it, and each
// says why its HTML is to be trusted.
func trusted(markup string) template.HTML { return template.HTML(markup) }

// iconHTML is an icon of the sprite. Both names come from the embedded manifest and sprite, never from data.
func iconHTML(sprite, name string) template.HTML { return trusted(iconMarkup(sprite, name)) }

// rowsHTML takes what a rowBuilder has collected: constants of views/messages_rows.go, icons, and escaped text. That the
// escaping is html/template's own is held by a test and a fuzz target.
func rowsHTML(b *rowBuilder) template.HTML { return trusted(b.String()) }

// sanitizedHTML is what bluemonday leaves of markup under the policy of views/markdown.go: it parses all of it and writes
// anew only what the policy names.
func sanitizedHTML(markup []byte) template.HTML {
	return trusted(string(sanitizer.SanitizeBytes(markup)))
}
