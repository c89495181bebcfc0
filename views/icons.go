package views

// iconMarkup draws an icon of the sprite at its address. An icon says nothing by itself: a word or an aria-label stands
// beside it.
func iconMarkup(sprite, name string) string {
	return `<svg class="icon" aria-hidden="true" focusable="false"><use href="` + sprite + "#" + name + `"/></svg>`
}
