package views

import (
	"testing"

	"ghasi.io/portal/locales"
)

func renderer(t testing.TB) *Renderer {
	t.Helper()
	b, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every handle of the registry is executed against its struct, empty and filled, in the first language by New itself and in
// the others here.
func TestNew(t *testing.T) {
	r := renderer(t)
	if err := r.check(locales.Tags[1:]); err != nil {
		t.Error(err)
	}
	if len(registry) == 0 {
		t.Fatal("no page is declared")
	}
	for _, tag := range locales.Tags {
		if got, want := len(r.sets[tag].content), len(registry); got != want {
			t.Errorf("%s has %d templates, want %d", tag, got, want)
		}
	}
}
