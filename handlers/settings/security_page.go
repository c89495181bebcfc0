package settings

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// maxRoutes is how many pages of a violation are named.
const maxRoutes = 3

// securityPage is the page under construction.
type securityPage struct {
	views.SecurityPage
	p *locales.Printer
}

func newSecurityPage(base views.Base, p *locales.Printer, host string, staff bool) *securityPage {
	whose := "security.reports.lead"
	if staff {
		whose = "security.reports.lead_staff"
	}
	return &securityPage{p: p, SecurityPage: views.SecurityPage{
		Base: base, Tabs: web.SettingsTabs(p, securityURL), Host: host, Whose: p.T(whose),
	}}
}

// headerNames are what the Observatory's tests look at.
var headerNames = map[string]string{
	"content-security-policy": "Content-Security-Policy", "cookies": "Set-Cookie",
	"cross-origin-resource-sharing": "Access-Control-Allow-Origin", "redirection": "Location", "referrer-policy": "Referrer-Policy",
	"strict-transport-security": "Strict-Transport-Security", "subresource-integrity": "integrity=",
	"x-content-type-options": "X-Content-Type-Options", "x-frame-options": "X-Frame-Options",
	"cross-origin-resource-policy": "Cross-Origin-Resource-Policy",
}

// addCheck words the ten tests and what they do not look at.
func (page *securityPage) addCheck(findings []finding, h http.Header) {
	points, grade := score(findings)
	page.Grade = grade
	page.Score = page.p.Number(int64(points))
	for _, f := range findings {
		row := views.SecurityCheck{
			Name: headerNames[f.Test], About: page.p.T("security.test." + strings.ReplaceAll(f.Test, "-", "_")), Result: f.Result,
			Tone: "good", Icon: "circle-check", Points: page.points(f.Modifier),
		}
		switch {
		case f.Modifier < 0:
			row.Tone, row.Icon = "bad", "circle-x"
		case f.Result == web.PlainNotChecked: // no tick for what was not looked at
			row.Tone, row.Icon = "warn", "circle-help"
		}
		page.Checks = append(page.Checks, row)
	}
	for _, x := range beyond(h) {
		row := views.SecurityCheck{
			Name: x.name, About: page.p.T("security.beyond." + x.key), Result: x.value, Tone: "good", Icon: "circle-check",
		}
		if !x.good {
			row.Tone, row.Icon = "bad", "circle-x"
		}
		page.Beyond = append(page.Beyond, row)
	}
}

// points words what a result adds, with its sign.
func (page *securityPage) points(n int) locales.Text {
	if n > 0 {
		return page.p.T("security.check.plus", "n", page.p.Number(int64(n)))
	}
	return page.p.Number(int64(n))
}

// protection is a header that no scanner's score knows.
type protection struct {
	key, name, value string
	good             bool
}

func beyond(h http.Header) []protection {
	csp := parseCSP(h.Values("Content-Security-Policy"))
	types := strings.Join(csp["trusted-types"], " ")
	_, required := csp["require-trusted-types-for"]
	mirror := parseCSP(h.Values("Content-Security-Policy-Report-Only"))
	reporting := strings.Join(mirror["report-uri"], " ")
	value := h.Get
	return []protection{
		{"types", "trusted-types", types, required && types == "ghasi-portal"},
		{"opener", "Cross-Origin-Opener-Policy", value("Cross-Origin-Opener-Policy"), value("Cross-Origin-Opener-Policy") == "same-origin"},
		{"embedder", "Cross-Origin-Embedder-Policy", value("Cross-Origin-Embedder-Policy"), value("Cross-Origin-Embedder-Policy") == "require-corp"},
		{"permissions", "Permissions-Policy", value("Permissions-Policy"), strings.Contains(value("Permissions-Policy"), "camera=()")},
		{"integrity", "Integrity-Policy", value("Integrity-Policy"), strings.Contains(value("Integrity-Policy"), "script")},
		{"reporting", "report-uri", reporting, reporting != ""},
	}
}

// families sort directives by what they protect.
var families = map[string]string{
	"script-src": "script", "script-src-elem": "script", "script-src-attr": "script", "worker-src": "script",
	"style-src": "style", "style-src-elem": "style", "style-src-attr": "style", "img-src": "media", "media-src": "media",
	"font-src": "media", "connect-src": "connect", "frame-src": "frame", "child-src": "frame", "frame-ancestors": "frame",
	"object-src": "frame", "form-action": "form", "base-uri": "form", "require-trusted-types-for": "types",
	"trusted-types": "types", "integrity": "integrity",
}

// addReports groups what was reported by directive and source, last seen first.
func (page *securityPage) addReports(list []portal.PolicyReport) {
	if len(list) == 0 {
		page.Empty = &views.Empty{
			Icon: "shield-check", Title: page.p.T("security.reports.empty.title"), Text: page.p.T("security.reports.empty.text"),
		}
	}
	total := 0
	for _, group := range groupReports(list) {
		family := cmp.Or(families[group[0].Directive], "other")
		g := views.SecurityGroup{Directive: group[0].Directive, About: page.p.T("security.about." + family)}
		for _, r := range group {
			total += r.Count
			g.Rows = append(g.Rows, page.reportRow(r))
		}
		page.Groups = append(page.Groups, g)
	}
	page.Total = page.p.Number(int64(total))
}

func (page *securityPage) reportRow(r sourceReport) views.SecurityRow {
	row := views.SecurityRow{
		Source: r.Source, Routes: r.routes[:min(len(r.routes), maxRoutes)], Count: page.p.Number(int64(r.Count)),
		Kind:  views.Badge{Kind: "neutral", Label: page.p.T("security.disposition.report")},
		First: views.NewTime(page.p, r.FirstSeen), Last: views.NewTime(page.p, r.LastSeen),
	}
	if r.Disposition == "enforce" {
		row.Kind = views.Badge{Kind: "failed", Label: page.p.T("security.disposition.enforce")}
	}
	if more := len(r.routes) - maxRoutes; more > 0 {
		row.More = page.p.T("security.reports.more", "n", more)
	}
	return row
}

// sourceReport is all that is known of one source under one directive.
type sourceReport struct {
	portal.PolicyReport
	routes []string
}

// groupReports merges what differs in page, tenant and disposition alone. What was refused once counts as refused.
func groupReports(list []portal.PolicyReport) [][]sourceReport {
	var groups [][]sourceReport
	for _, r := range list { // last seen first, and so stay the groups
		g := slices.IndexFunc(groups, func(g []sourceReport) bool { return g[0].Directive == r.Directive })
		if g < 0 {
			groups = append(groups, []sourceReport{{PolicyReport: r, routes: []string{r.Route}}})
			continue
		}
		i := slices.IndexFunc(groups[g], func(x sourceReport) bool { return x.Source == r.Source })
		if i < 0 {
			groups[g] = append(groups[g], sourceReport{PolicyReport: r, routes: []string{r.Route}})
			continue
		}
		x := &groups[g][i]
		x.Count += r.Count
		if r.FirstSeen.Before(x.FirstSeen) {
			x.FirstSeen = r.FirstSeen
		}
		if r.Disposition == "enforce" {
			x.Disposition = r.Disposition
		}
		if !slices.Contains(x.routes, r.Route) {
			x.routes = append(x.routes, r.Route)
		}
	}
	return groups
}
