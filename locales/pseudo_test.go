package locales

import (
	"strings"
	"testing"
)

func TestPseudo(t *testing.T) {
	for _, tt := range []struct{ tag, in, want string }{
		{Accented, "Send", "⟦Šéñd~~⟧"},
		{Accented, "{n, plural, =0 {none of '{n}'} one {# key} other {# keys}}", "⟦{n, plural, =0 {ñóñé óf '{'ñ'}'} one {# kéý} other {# kéýš}}~~~~~ ~~~~~⟧"},
		{Accented, "It''s {n, number, percent} by {who, select, you {you} other {#{who}}}", "⟦Íţ''š {n, number, percent} bý {who, select, you {ýóú} other {#{who}}}~~~~~ ~~⟧"},
		{Mirrored, "Send it {n}", "\u202eSend\u202c \u202eit\u202c {n}"},
	} {
		got, err := Pseudo(tt.tag, tt.in)
		if err != nil || got != tt.want {
			t.Errorf("%s %q: %q, %v, want %q", tt.tag, tt.in, got, err, tt.want)
		}
	}
	if _, err := Pseudo("en-XC", "Send"); err == nil {
		t.Error("an unknown pseudo-language is made")
	}
}

func TestLoadPseudo(t *testing.T) {
	b, err := LoadPseudo()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b.Locale("en").T("action.cancel")); got != "⟦Çáñçéļ~~~⟧" {
		t.Errorf("English: %q", got)
	}
	ar := b.Locale("ar")
	if got := string(ar.T("action.cancel")); ar.Dir != "rtl" || !strings.Contains(got, "\u202eCancel\u202c") {
		t.Errorf("Arabic: %q, %s", got, ar.Dir)
	}
	if got, want := string(b.Locale("ps").T("action.cancel")), string(mustLoad(t).Locale("ps").T("action.cancel")); got != want {
		t.Errorf("Pashto: %q, want %q", got, want)
	}
}
