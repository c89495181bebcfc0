package views

import (
	"strings"
	"testing"
	"testing/fstest"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/static"
)

func errorPage(t *testing.T, locale string, p ErrorPage) string {
	t.Helper()
	var out strings.Builder
	if err := Render(renderer(t), &out, locale, ErrorFramed, &p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFrame_HostileInput(t *testing.T) {
	const attack = `"><script>alert(1)</script>`
	page := errorPage(t, "en", ErrorPage{
		Base: Base{
			Title: attack, Description: attack, Path: attack, Nonce: attack, RequestID: attack,
			User:       &UserCard{Name: attack, Email: attack, Tenant: attack, Initial: "<"},
			Breadcrumb: []Link{{Label: attack, URL: "javascript:alert(1)"}}, Flash: &Toast{Text: attack},
		},
		Heading: attack, Text: attack, Detail: attack, RetryURL: "javascript:alert(1)",
		Home: Link{Label: attack, URL: attack},
	})
	for _, bad := range []string{"<script>alert", `href="javascript:`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	if got := strings.Count(page, "<script"); got != 2 {
		t.Errorf("%d scripts, want our own alone", got)
	}
}

func TestFrame(t *testing.T) {
	page := errorPage(t, "ps", ErrorPage{Base: Base{
		Lang: "ps", Dir: "rtl", Theme: "dark", Path: "/messages?status=failed", Demo: true,
		User: &UserCard{Tenant: "Pamir"},
		Nav: []NavGroup{{Label: "g", Items: []NavItem{
			{Link: Link{Label: "a", URL: "/a"}, Icon: "send", Current: true},
			{Link: Link{Label: "b", URL: "/b"}, Icon: "inbox"},
		}}},
	}})
	for _, want := range []string{
		`<html lang="ps" dir="rtl" data-theme="ghasi-dark"`,
		`<a class="nav-item" href="/a" aria-current="page">`,
		`<a class="nav-item" href="/b">`,
		`action="/api/auth/logout" hx-boost="false"`,
		`action="/preferences" hx-boost="false"`,
		`name="return_to" value="/messages?status=failed"`,
		`name="locale" value="ps" lang="ps" dir="rtl" aria-current="true"`,
		`name="theme" value="dark" aria-current="true"`,
		`vazirmatn-arabic.`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "vazirmatn-latin.") {
		t.Error("a page in Pashto preloads the Latin font")
	}
}

// A boosted sign-in would be a fetch across origins, which the policy stops.
func TestLogin_SignInIsNotBoosted(t *testing.T) {
	var out strings.Builder
	if err := Render(renderer(t), &out, "en", Login, &LoginPage{StartURL: "/login/start"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `href="/login/start" hx-boost="false">Sign in</a>`) {
		t.Error("the sign-in link is missing or boosted")
	}
}

func TestRender_UnknownLocaleIsEnglish(t *testing.T) {
	var out strings.Builder
	if err := RenderFragment(renderer(t), &out, "xx", AlertFragment, &Alert{Tone: "error", Text: "hello", Retry: "/again"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "Try again") {
		t.Errorf("got %s", out.String())
	}
}

func TestParseAll_Names(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	src, err := parseAll(fstest.MapFS{
		"templates/parts/badge.html": file(`badge`),
		"templates/a/list.html":      file(`{{define "main"}}{{template "row"}}{{template "cell"}}{{template "badge"}}{{end}}{{define "row"}}own{{end}}`),
		"templates/a/_rows.html":     file(`rows{{define "cell"}}cell{{end}}`),
		"templates/b/list.html":      file(`main of b{{define "row"}}other{{end}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ stem, name, want string }{
		{"a/list", "row", "a/list:row"},
		{"a/list", "cell", "a:cell"},
		{"a/list", "badge", "badge"},
		{"a/list", "a/_rows", "a/_rows"},
		{"b/list", "a/_rows", "a/_rows"},
		{"b/list", "row", "b/list:row"},
		{"b/list", "main", "b/list:main"},
		{"b/list", "cell", ""},
	} {
		if got, _ := src.resolve(c.stem, c.name); got != c.want {
			t.Errorf("in %s, %q is %q, want %q", c.stem, c.name, got, c.want)
		}
	}
	_, err = parseAll(fstest.MapFS{
		"templates/a/_x.html": file(`{{define "same"}}1{{end}}`), "templates/a/_y.html": file(`{{define "same"}}2{{end}}`),
	})
	if err == nil {
		t.Error("two definitions of one name are accepted")
	}
}

func TestCompile_ReportsWhatIsMissing(t *testing.T) {
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	assets, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{{t "no.such.key"}}`:            `no message "no.such.key"`,
		`{{t "no.such.key" "n" .N}}`:     `no message "no.such.key"`,
		`{{icon "no-such-icon"}}`:        `no icon "no-such-icon"`,
		`<script {{asset "x.js"}}>`:      `no asset "x.js"`,
		`{{template "nothing"}}`:         `no template "nothing"`,
		`{{if .A}}{{t "no.key"}}{{end}}`: `no message "no.key"`,
	} {
		src, err := parseAll(fstest.MapFS{"templates/parts/part.html": &fstest.MapFile{Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := src.compile(bundle, "en", assets); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error lacks %q", text, want)
		}
	}
	if _, err := parseAll(fstest.MapFS{"templates/parts/p.html": &fstest.MapFile{Data: []byte(`{{printf "%s" .X}}`)}}); err == nil {
		t.Error("printf is accepted")
	}
}
