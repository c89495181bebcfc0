package auth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/auth/authtest"
)

func TestDraft(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	in := b.signIn(t, s, p)
	// 1,530 Dari characters that do not repeat much: the longest message that the form takes.
	var text strings.Builder
	for i := range 1530 {
		text.WriteRune(rune(0x0627 + (i*i*7+i)%40))
	}
	form := url.Values{"to": {"+93700123456"}, "body": {text.String()}}
	keep := func(values url.Values) error {
		w := httptest.NewRecorder()
		err := s.KeepDraft(w, b.Request(http.MethodPost, "/send-test"), "/send-test", values)
		b.Take(w.Result().Cookies())
		return err
	}
	if err := keep(form); err != nil {
		t.Fatal(err)
	}
	for key, c := range b.Jar {
		if strings.HasPrefix(key.Name, CookieDraft) {
			if len(c.Name)+len(c.Value) > 4096 || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode {
				t.Errorf("cookie %s of %d bytes: %+v", c.Name, len(c.Value), c)
			}
			if strings.Contains(c.Value, "93700123456") {
				t.Error("the draft can be read")
			}
		}
	}
	got, ok := s.DraftOf(b.Request(http.MethodGet, "/send-test"), in.User)
	if !ok || got.Page != "/send-test" || got.Values.Get("body") != text.String() {
		t.Fatalf("kept %v: %+v", ok, got)
	}
	if _, ok := s.DraftOf(b.Request(http.MethodGet, "/send-test"), &User{ID: "usr_2"}); ok {
		t.Error("somebody else gets it")
	}
	// A shorter one leaves nothing of the longer one behind.
	if err := keep(url.Values{"to": {"+93700000001"}}); err != nil {
		t.Fatal(err)
	}
	if got, ok := s.DraftOf(b.Request(http.MethodGet, "/send-test"), in.User); !ok || got.Values.Get("to") != "+93700000001" {
		t.Errorf("kept %v: %+v", ok, got)
	}
	if err := keep(url.Values{"body": {strings.Repeat("x", maxDraft)}}); err == nil {
		t.Error("a draft of any size is kept")
	}
	p.Clock.Add(draftLife + time.Second)
	if _, ok := s.DraftOf(b.Request(http.MethodGet, "/send-test"), in.User); ok {
		t.Error("it outlives its ten minutes")
	}
	p.Clock.Add(-draftLife)
	w := httptest.NewRecorder()
	s.DropDraft(w)
	b.Take(w.Result().Cookies())
	if _, ok := s.DraftOf(b.Request(http.MethodGet, "/send-test"), in.User); ok {
		t.Error("dropped, and still there")
	}
}

func TestDraft_Mangled(t *testing.T) {
	s := newTestService(t, authtest.New(t))
	for _, value := range []string{"x", "", strings.Repeat("A", 3000)} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/send-test", nil)
		r.AddCookie(&http.Cookie{Name: CookieDraft, Value: value})
		if d, ok := s.DraftOf(r, &User{ID: "usr_1"}); ok {
			t.Errorf("%.10q: %+v", value, d)
		}
	}
}
