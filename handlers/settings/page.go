package settings

import (
	"cmp"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

func newPage(base views.Base, p *locales.Printer, profile portal.Profile) views.SettingsPage {
	page := views.SettingsPage{
		Base:     base,
		Tabs:     web.SettingsTabs(p, "/settings"),
		Example:  p.DateTime(p.Now),
		Language: views.Choices{Name: "locale", Label: p.T("settings.show.language"), Single: true},
		ThemeSet: views.Choices{
			Name: "theme", Label: p.T("settings.show.theme"), Single: true,
			Items: radios(p, cmp.Or(profile.Theme, "system"), "settings.theme.", "system", "light", "dark"),
		},
		Calendar: views.Choices{
			Name: "calendar", Label: p.T("settings.show.calendar"), Single: true, Help: p.T("settings.show.calendar_help"),
			Items: radios(p, cmp.Or(profile.Calendar, "locale"), "settings.calendar.", "locale", "shamsi", "gregorian"),
		},
		Zone: views.Choices{Name: "zone", Label: p.T("settings.show.zone"), Help: p.T("settings.show.zone_help"), Single: true},
	}
	for _, l := range base.Locales {
		page.Language.Items = append(page.Language.Items, views.Choice{
			Value: l.Tag, Label: locales.Verbatim(l.Name), Checked: l.Current,
		})
	}
	for _, z := range zones {
		page.Zone.Items = append(page.Zone.Items, views.Choice{
			Value: z, Label: locales.Verbatim(z), Checked: z == cmp.Or(profile.Zone, zones[0]),
		})
	}
	return page
}

// radios are the choices of a closed set, labelled by "<prefix><value>".
func radios(p *locales.Printer, current, prefix string, values ...string) []views.Choice {
	items := make([]views.Choice, len(values))
	for i, v := range values {
		items[i] = views.Choice{Value: v, Label: p.T(prefix + v), Checked: v == current}
	}
	return items
}
