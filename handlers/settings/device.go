package settings

import (
	"strings"

	"ghasi.io/portal/locales"
)

// device is what a User-Agent says about where somebody is. It is for recognising one's own devices, nothing more: anyone
// can send any.
type device struct{ browser, system string }

// Of several names in one User-Agent the first in these lists is right: every browser also names those it descends from.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"YaBrowser/", "Yandex Browser"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
		{"curl/", "curl"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
		{"Macintosh", "macOS"}, {"Linux", "Linux"},
	}
)

func parseDevice(userAgent string) device {
	return device{first(userAgent, browsers), first(userAgent, systems)}
}

func first(s string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(s, n[0]) {
			return n[1]
		}
	}
	return ""
}

func (d device) label(p *locales.Printer) locales.Text {
	switch {
	case d.browser != "" && d.system != "":
		return p.T("settings.sessions.device", "browser", d.browser, "system", d.system)
	case d.browser != "" || d.system != "":
		return locales.Verbatim(d.browser + d.system)
	}
	return p.T("settings.sessions.unknown")
}

func (d device) icon() string {
	switch d.system {
	case "iPhone", "iPad", "Android":
		return "smartphone"
	case "":
		return "globe"
	}
	return "monitor"
}
