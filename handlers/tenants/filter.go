package tenants

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success/health"
	"ghasi.io/portal/views"
)

// The names of the filters in an address.
const (
	inputQuery = "q"
	inputBand  = "band"
	inputSort  = "sort"
	maxQuery   = 100 // bytes
)

// unknown is how many tickets are open when the desk has not said.
const unknown = -1

// row is one tenant with what the list shows of it.
type row struct {
	tenant  portal.Tenant
	trend   health.Trend
	tickets int
	contact time.Time
}

// sorts are the orders, the first being the usual one: who declines fastest comes first.
var sorts = []struct {
	name string
	less func(a, b row) int
}{
	{"decline", func(a, b row) int {
		return cmp.Or(byChange(a.trend.Change7, b.trend.Change7), byChange(a.trend.Change30, b.trend.Change30), byScore(a, b))
	}},
	{"score", byScore},
	{"name", func(a, b row) int { return cmp.Compare(strings.ToLower(a.tenant.Name), strings.ToLower(b.tenant.Name)) }},
	{"tickets", func(a, b row) int { return cmp.Compare(b.tickets, a.tickets) }},
	{"balance", func(a, b row) int { return cmp.Compare(a.tenant.BalanceMicros, b.tenant.BalanceMicros) }},
	{"contact", func(a, b row) int { return a.contact.Compare(b.contact) }},
}

// byChange puts the steepest fall first and what has no change to tell last.
func byChange(a, b *int) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*a, *b)
}

// byScore puts the lowest score first and who has none last.
func byScore(a, b row) int {
	if a.trend.Known != b.trend.Known {
		if a.trend.Known {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.trend.Latest.Score, b.trend.Latest.Score)
}

var bands = []portal.HealthBand{portal.HealthRed, portal.HealthAmber, portal.HealthGreen}

// filter is what an address of the list says. What it cannot make sense of counts as not said.
type filter struct {
	query string
	band  portal.HealthBand
	sort  string
}

func parseFilter(q url.Values) filter {
	f := filter{query: strings.TrimSpace(q.Get(inputQuery)), sort: sorts[0].name}
	if len(f.query) > maxQuery {
		f.query = ""
	}
	if b := portal.HealthBand(q.Get(inputBand)); slices.Contains(bands, b) {
		f.band = b
	}
	for _, s := range sorts {
		if s.name == q.Get(inputSort) {
			f.sort = s.name
		}
	}
	return f
}

func (f filter) narrows() bool { return f.query != "" || f.band != "" }

// apply keeps the rows that fit, in order.
func (f filter) apply(rows []row) []row {
	query := strings.ToLower(f.query)
	rows = slices.DeleteFunc(rows, func(r row) bool {
		return !strings.Contains(strings.ToLower(r.tenant.Name), query) ||
			f.band != "" && (!r.trend.Known || r.trend.Latest.Band() != f.band)
	})
	for _, s := range sorts {
		if s.name == f.sort {
			slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(s.less(a, b), cmp.Compare(a.tenant.Name, b.tenant.Name)) })
		}
	}
	return rows
}

// view is the form as it stands.
func (f filter) view(p *locales.Printer, shown, all int) views.TenantFilter {
	v := views.TenantFilter{
		Query: views.Field{Name: inputQuery, Label: p.T("tenants.filter.query"), Type: "search", Value: f.query, Autocomplete: "off", MaxLength: maxQuery},
		Band: views.Choices{Name: inputBand, Label: p.T("tenants.filter.band"), Single: true, Items: []views.Choice{
			{Label: p.T("tenants.filter.any"), Checked: f.band == ""},
		}},
		Sort:  views.Choices{Name: inputSort, Label: p.T("tenants.filter.sort"), Single: true},
		Count: p.T("tenants.filter.count", "n", shown, "all", all),
	}
	for _, b := range bands {
		v.Band.Items = append(v.Band.Items, views.Choice{Value: string(b), Label: p.T("tenants.band." + string(b)), Checked: b == f.band})
	}
	for _, s := range sorts {
		v.Sort.Items = append(v.Sort.Items, views.Choice{Value: s.name, Label: p.T("tenants.sort." + s.name), Checked: s.name == f.sort})
	}
	if f.narrows() {
		v.Clear = home
	}
	return v
}
