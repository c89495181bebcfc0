package settings

import (
	"net/url"
	"slices"
	"time"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// zones are the time zones on offer: home, and where Afghan businesses have people.
var zones = []string{
	"Asia/Kabul", "Asia/Dubai", "Asia/Karachi", "Asia/Tehran", "Asia/Tashkent", "Asia/Kolkata", "Europe/Istanbul",
	"Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "UTC",
}

var (
	themes    = []string{"light", "dark"}
	calendars = []string{"gregorian", "shamsi"}
)

// bind reads the whole form. Every value is of a closed set; anything else did not come from our page.
func bind(form url.Values) (portal.Profile, error) {
	p := portal.Profile{
		Locale: form.Get("locale"), Theme: form.Get("theme"),
		Zone: form.Get("zone"), Calendar: form.Get("calendar"),
	}
	if p.Theme == "system" {
		p.Theme = ""
	}
	if p.Calendar == "locale" {
		p.Calendar = ""
	}
	switch {
	case !slices.Contains(locales.Tags, p.Locale):
		return p, portal.InvalidField("locale", "field.invalid")
	case p.Theme != "" && !slices.Contains(themes, p.Theme):
		return p, portal.InvalidField("theme", "field.invalid")
	case p.Calendar != "" && !slices.Contains(calendars, p.Calendar):
		return p, portal.InvalidField("calendar", "field.invalid")
	case !slices.Contains(zones, p.Zone):
		return p, portal.InvalidField("zone", "field.invalid")
	}
	if _, err := time.LoadLocation(p.Zone); err != nil {
		return p, portal.InvalidField("zone", "field.invalid")
	}
	return p, nil
}

// choice is one preference: the cookie that keeps it and how it changes a profile.
type choice struct {
	cookie, value string
	apply         func(portal.Profile) portal.Profile
}

// preference reads the one choice of a switch in the frame.
func preference(form url.Values) (choice, error) {
	if v := form.Get("locale"); slices.Contains(locales.Tags, v) {
		return choice{web.CookieLocale, v, func(p portal.Profile) portal.Profile { p.Locale = v; return p }}, nil
	}
	switch v := form.Get("theme"); v {
	case "light", "dark":
		return choice{web.CookieTheme, v, func(p portal.Profile) portal.Profile { p.Theme = v; return p }}, nil
	case "system":
		return choice{web.CookieTheme, v, func(p portal.Profile) portal.Profile { p.Theme = ""; return p }}, nil
	}
	return choice{}, portal.InvalidField("locale", "field.invalid")
}
