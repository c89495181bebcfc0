package developers

import (
	"context"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"net/http"
	"strings"
	"testing"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

const apiURL = "https://portal.example"

// fakeAccount is what an account has.
type fakeAccount struct {
	keys []portal.APIKey
	last []portal.Message
	err  error
}

func (f *fakeAccount) APIKeys(context.Context, string) ([]portal.APIKey, error) { return f.keys, f.err }

func (f *fakeAccount) Messages(context.Context, string, portal.MessageFilter) (portal.MessagePage, error) {
	return portal.MessagePage{Items: f.last}, f.err
}

func site(t *testing.T, api *fakeAccount) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	h := New(s.Kit, api, apiURL)
	h.Register(s.Engine)
	h.RegisterPublic(s.Engine)
	return s
}

func sendingAccount() *fakeAccount {
	return &fakeAccount{
		keys: []portal.APIKey{
			{Prefix: "ghasi_", Last4: "0000", Status: portal.KeyRevoked, Scopes: []portal.Scope{portal.ScopeSMSSend}},
			{Prefix: "ghasi_", Last4: "1111", Status: portal.KeyActive, Scopes: []portal.Scope{portal.ScopeSMSRead}},
			{Prefix: "ghasi_", Last4: "a1b2", Status: portal.KeyActive, Scopes: []portal.Scope{portal.ScopeSMSRead, portal.ScopeSMSSend}},
		},
		last: []portal.Message{{From: "PAMIR-OTP"}},
	}
}

func TestShow_FilledIn(t *testing.T) {
	doc := site(t, sendingAccount()).Get("/developers").Doc()
	if got := doc.Text("#code-setup"); got != `export GHASI_API_KEY="ghasi_…a1b2"` {
		t.Errorf("setup: %s", got)
	}
	sample := doc.Text("#code-sample")
	for _, want := range []string{apiURL + "/v1/messages", `"from": "PAMIR-OTP"`, "Idempotency-Key"} {
		if !strings.Contains(sample, want) {
			t.Errorf("the sample lacks %q: %s", want, sample)
		}
	}
	if got := doc.Text("#code-base"); got != apiURL {
		t.Errorf("base URL: %s", got)
	}
	if doc.Text("#quickstart .tab[aria-current=page]") != "curl" {
		t.Error("curl is not the first tab")
	}
	doc.One(`a[href="/v1/openapi.yaml"]`)
}

func TestShow_NothingToFillIn(t *testing.T) {
	for name, api := range map[string]*fakeAccount{
		"new account":   {},
		"platform down": {err: portal.Fail(portal.Unavailable, errors.New("down"))},
		"odd sender":    {last: []portal.Message{{From: `x"; rm -rf /; "`}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := site(t, api).Get("/developers")
			if r.Code != http.StatusOK {
				t.Fatalf("status %d", r.Code)
			}
			doc := r.Doc()
			if !strings.Contains(doc.Text("#code-sample"), `"from": "Ghasi"`) || !strings.Contains(doc.Text("#code-setup"), placeholderKey) {
				t.Errorf("the samples: %s", doc.Text("#code-sample"))
			}
			doc.One(`#quickstart a[href="/api-keys/new"]`)
		})
	}
}

func TestShow_Languages(t *testing.T) {
	s := site(t, sendingAccount())
	for lang, want := range map[string]string{
		"curl": "curl ", "go": "package main", "node": "await fetch", "python": "urllib.request", "php": "<?php", "<script>": "curl ", "": "curl ",
	} {
		doc := s.Get("/developers?lang=" + lang).Doc()
		if got := doc.Text("#code-sample"); !strings.Contains(got, want) || !strings.Contains(got, apiURL+"/v1/messages") {
			t.Errorf("%s: %s", lang, got)
		}
		part := s.Get("/developers?lang="+lang, webtest.HTMX()).Doc()
		part.None("h1, #auth")
		if part.Text("#code-sample") != doc.Text("#code-sample") {
			t.Errorf("%s: the fragment differs from the page", lang)
		}
	}
}

func TestShow_Reference(t *testing.T) {
	doc := site(t, sendingAccount()).Get("/developers").Doc()
	for sel, want := range map[string]int{
		"#calls tbody tr":    len(calls),
		"#problems tbody tr": len(problems),
		"#states tbody tr":   len(portal.MessageStatuses),
		"#errors tbody tr":   len(portal.ErrorCodes),
		"#magic tbody tr":    7,
	} {
		if got := len(doc.All(sel)); got != want {
			t.Errorf("%s: %d rows, want %d", sel, got, want)
		}
	}
	for _, a := range doc.All(".guide-contents a") {
		doc.One("section" + webtest.Attr(a, "href"))
	}
	for _, pre := range doc.All("pre") {
		if webtest.Attr(pre, "dir") != "ltr" {
			t.Error("a code block is not left to right")
		}
	}
	for _, button := range doc.All("[data-copy]") {
		doc.One(webtest.Attr(button, "data-copy")) // ids are unique, or a button would copy another block
	}
}

func TestShow_AllLocales(t *testing.T) {
	s := site(t, sendingAccount())
	for _, tag := range locales.Tags {
		r := s.Get("/developers", webtest.Locale(tag))
		if r.Code != http.StatusOK || r.Doc().Attr("html", "lang") != tag {
			t.Errorf("%s: status %d", tag, r.Code)
		}
	}
}

func TestDocument(t *testing.T) {
	s := site(t, &fakeAccount{})
	s.User = nil
	r := s.Get("/v1/openapi.yaml")
	if r.Code != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/yaml") || !strings.HasPrefix(r.Body, "openapi: 3.1") {
		t.Errorf("status %d, type %q, body %.40q", r.Code, r.Header.Get("Content-Type"), r.Body)
	}
}

func TestSnippets(t *testing.T) {
	for _, l := range languages {
		text := snippet(l.file, apiURL, "PAMIR")
		for _, want := range []string{apiURL + "/v1/messages", "PAMIR", "GHASI_API_KEY", "+93700000001", "Idempotency-Key"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", l.file, want)
			}
		}
		if strings.Contains(text, "{{") {
			t.Errorf("%s has a gap left", l.file)
		}
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "sample.go", snippet("go.go.txt", apiURL, "PAMIR"), 0); err != nil {
		t.Errorf("the Go sample: %v", err)
	}
	_, body, _ := strings.Cut(snippet("problem.json", apiURL, ""), "\n\n")
	var problem struct{ Code, RequestID string }
	if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Code != string(portal.Invalid) || !portal.ValidID("req", problem.RequestID) {
		t.Errorf("the sample of an error: %+v, %v", problem, err)
	}
	for _, file := range []string{"auth.sh", "idempotency.sh"} {
		if !strings.Contains(snippet(file, apiURL, "PAMIR"), apiURL) {
			t.Errorf("%s is missing", file)
		}
	}
}
