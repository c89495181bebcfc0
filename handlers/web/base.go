package web

import (
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/unrolled/secure"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/views"
)

// Base returns the frame's data for a page titled by the catalogue's key ("messages.list.title"); the sentence under the
// title is "messages.list.lead" when the catalogue has it.
func (k *Kit) Base(c *gin.Context, titleKey string) views.Base {
	b := k.base(c)
	l := k.Locale(c)
	b.Title = l.T(titleKey)
	if lead := strings.TrimSuffix(titleKey, ".title") + ".lead"; lead != titleKey && l.Has(lead) {
		b.Description = l.T(lead)
	}
	return b
}

// base is the frame without a title, for error pages too.
func (k *Kit) base(c *gin.Context) views.Base {
	l := k.Locale(c)
	b := views.Base{
		Lang: l.Tag, Dir: l.Dir, Build: k.Build, Demo: k.Demo,
		Nonce:     secure.CSPNonce(c.Request.Context()),
		RequestID: RequestID(c.Request.Context()),
		Path:      c.Request.URL.RequestURI(),
		Theme:     theme(c),
		Locales:   k.localeLinks(l),
		Flash:     k.takeFlash(c),
		Notice:    k.draftNotice(c),
	}
	if u := auth.UserFrom(c.Request.Context()); u != nil {
		b.User = card(u)
		b.Nav = navigation(l, u, c.Request.URL.Path)
	}
	return b
}

func theme(c *gin.Context) string {
	if t := cookie(c, CookieTheme); t == "light" || t == "dark" {
		return t
	}
	return ""
}

func card(u *auth.User) *views.UserCard {
	name := u.Name
	if name == "" {
		name = u.Email
	}
	first, _ := utf8.DecodeRuneInString(name)
	return &views.UserCard{Name: name, Email: u.Email, Tenant: u.Tenant, Initial: strings.ToUpper(string(first))}
}

// localeLinks are the entries of the language switcher, each in its own words.
func (k *Kit) localeLinks(current *locales.Locale) []views.LocaleLink {
	links := make([]views.LocaleLink, len(locales.Tags))
	for i, tag := range locales.Tags {
		l := k.Bundle.Locale(tag)
		links[i] = views.LocaleLink{Tag: l.Tag, Name: l.Name, Dir: l.Dir, Current: l.Tag == current.Tag}
	}
	return links
}
