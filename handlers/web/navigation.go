package web

import (
	"strings"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/views"
)

// staff stands for both roles of the staff.
const staff = "staff"

// entry is one place of the sidebar, for everybody who has role.
type entry struct {
	key, url, icon, role string
}

// sidebar is the whole navigation, in groups. Only pages that exist stand here.
var sidebar = []struct {
	key     string
	entries []entry
}{
	{"nav.overview", []entry{{"nav.dashboard", "/dashboard", "layout-dashboard", "customer"}}},
	{"nav.messaging", []entry{
		{"nav.messages", "/messages", "messages-square", "customer"},
		{"nav.send_test", "/send-test", "send", "customer"},
	}},
	{"nav.build", []entry{
		{"nav.api_keys", "/api-keys", "key-round", "customer"},
		{"nav.webhooks", "/webhooks", "webhook", "customer"},
		{"nav.developers", "/developers", "code", "customer"},
	}},
	{"nav.customers", []entry{{"nav.tenants", "/admin/tenants", "building-2", staff}}},
	{"nav.account", []entry{
		{"nav.billing", "/billing", "receipt", "customer"},
		{"nav.settings", "/settings", "settings", ""},
	}},
}

// navigation is the sidebar as u sees it, with the current page marked.
func navigation(l *locales.Locale, u *auth.User, path string) []views.NavGroup {
	groups := make([]views.NavGroup, 0, len(sidebar))
	for _, g := range sidebar {
		group := views.NavGroup{Label: l.T(g.key), Items: make([]views.NavItem, 0, len(g.entries))}
		for _, e := range g.entries {
			if e.role == staff && !u.Has("tam") && !u.Has("platform_admin") || e.role != "" && e.role != staff && !u.Has(e.role) {
				continue
			}
			group.Items = append(group.Items, views.NavItem{
				Link: views.Link{Label: l.T(e.key), URL: e.url}, Icon: e.icon,
				Current: path == e.url || strings.HasPrefix(path, e.url+"/"),
			})
		}
		if len(group.Items) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// SettingsTabs are the pages of the settings, with the current one marked.
func SettingsTabs(p *locales.Printer, current string) []views.Tab {
	tabs := []views.Tab{
		{Link: views.Link{Label: p.T("settings.tabs.preferences"), URL: "/settings"}},
		{Link: views.Link{Label: p.T("settings.tabs.security"), URL: "/settings/security"}},
		{Link: views.Link{Label: p.T("settings.tabs.audit"), URL: "/settings/audit"}},
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].URL == current
	}
	return tabs
}
