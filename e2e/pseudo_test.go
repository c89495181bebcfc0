package e2e

import (
	"testing"
	"time"

	"ghasi.io/portal/app"
)

// TestPseudo looks at every page in the pseudo-languages, in place of English and Arabic, on the narrowest phone: a third
// more text must not make a page scroll sideways, and no message may be cut off inside its own element.
func TestPseudo(t *testing.T) {
	s, err := startWith(t.TempDir(), nil, app.Options{Now: time.Now, Pseudo: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop app: %v", err)
		}
	})
	for _, locale := range []string{"en", "ar"} {
		for _, as := range []string{"", customer, manager, staff} {
			b := newTab(t, s, look{locale: locale})
			if as != "" {
				b.as(someone(t, s, as))
			}
			b.look(320, "light")
			for _, p := range pictures {
				if p.as != as {
					continue
				}
				b.visit(p.path)
				eval[bool](b, settled)
				if wide := eval[string](b, tooWide); wide != "" {
					t.Errorf("%s in the place of %s scrolls sideways: %s", p.path, locale, wide)
				}
				marked := eval[bool](b, `document.querySelector("h1").innerText.includes(document.documentElement.lang === "en" ? "⟦" : "\u202e")`)
				if !marked && as != staff {
					t.Errorf("%s in the place of %s: the title is not in the catalogue", p.path, locale)
				}
			}
		}
	}
}
