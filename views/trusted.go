package views

import "html/template"

// This file is the only one that may declare HTML as trusted, and each function here says why its HTML is.

// iconHTML is an icon of the sprite. Both names come from the embedded manifest and sprite, never from data.
func iconHTML(sprite, name string) template.HTML { return template.HTML(iconMarkup(sprite, name)) }

// rowsHTML takes what a rowBuilder has collected: constants of views/messages_rows.go, icons, and escaped text. That the
// escaping is html/template's own is held by a test and a fuzz target.
func rowsHTML(b *rowBuilder) template.HTML { return template.HTML(b.String()) }
