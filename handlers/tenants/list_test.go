package tenants

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
)

func names(r *webtest.Response) []string {
	var out []string
	for _, n := range r.Doc().All("#tenant-list .row-link") {
		out = append(out, webtest.Text(n))
	}
	return out
}

// TestList_Order: whose score falls fastest comes first, and who has none last.
func TestList_Order(t *testing.T) {
	for query, want := range map[string][]string{
		"":                                      {"Kabul Courier", "Herat Pharmacy", "Pamir Logistics", "Nova Bank"},
		"?sort=decline":                         {"Kabul Courier", "Herat Pharmacy", "Pamir Logistics", "Nova Bank"},
		"?sort=score":                           {"Herat Pharmacy", "Kabul Courier", "Pamir Logistics", "Nova Bank"},
		"?sort=name":                            {"Herat Pharmacy", "Kabul Courier", "Nova Bank", "Pamir Logistics"},
		"?sort=tickets":                         {"Pamir Logistics", "Herat Pharmacy", "Kabul Courier", "Nova Bank"},
		"?sort=balance":                         {"Herat Pharmacy", "Nova Bank", "Kabul Courier", "Pamir Logistics"},
		"?sort=no":                              {"Kabul Courier", "Herat Pharmacy", "Pamir Logistics", "Nova Bank"},
		"?q=+HERAT":                             {"Herat Pharmacy"},
		"?band=red":                             {"Herat Pharmacy"},
		"?band=amber":                           {"Kabul Courier"},
		"?band=green":                           {"Pamir Logistics"},
		"?band=blue":                            {"Kabul Courier", "Herat Pharmacy", "Pamir Logistics", "Nova Bank"},
		"?q=" + strings.Repeat("x", maxQuery+1): {"Kabul Courier", "Herat Pharmacy", "Pamir Logistics", "Nova Bank"},
	} {
		r := site(t, newWorld()).Get(home + query)
		if d := cmp.Diff(want, names(r)); r.Code != http.StatusOK || d != "" {
			t.Errorf("%.30q: status %d\n%s", query, r.Code, d)
		}
	}
}

// TestList_Row: score, colour and word, both changes, line, tickets, balance, and where it leads.
func TestList_Row(t *testing.T) {
	doc := site(t, newWorld()).Get(home + "?sort=score").Doc()
	rows := doc.All("#tenant-list tbody tr")
	for i, want := range [][]string{
		{"Herat Pharmacy", "58", "down 4 points", "down 9 points", "0"},
		{"Kabul Courier", "72", "down 12 points", "–"},
		{"Pamir Logistics", "91", "up 1 point", "up 3 points", "3"},
		{"Nova Bank", "–"},
	} {
		for _, text := range want {
			if got := webtest.Text(rows[i]); !strings.Contains(got, text) {
				t.Errorf("row %d lacks %q: %s", i, text, got)
			}
		}
	}
	for band, of := range map[string]string{"red": "Herat", "amber": "Kabul", "green": "Pamir"} {
		if n := doc.One("#tenant-list tr:has(.score-" + band + ")"); !strings.Contains(webtest.Text(n), of) {
			t.Errorf("%s is %s", band, webtest.Text(n))
		}
	}
	if n := len(doc.All("#tenant-list .score-arc")); n != 3 {
		t.Errorf("%d rings are drawn: one without a score has none", n)
	}
	if n := len(doc.All("#tenant-list polyline")); n != 3 {
		t.Errorf("%d lines", n)
	}
	if got := doc.Attr("#tenant-list tr:has(.score-red) .row-link", "href"); got != home+"/"+herat {
		t.Errorf("the row leads to %q", got)
	}
	doc.One("#tenant-list tr:has(.score-red) .tone-bad") // owes
}

func TestList_Empty(t *testing.T) {
	w := newWorld()
	if doc := site(t, w).Get(home + "?q=zz").Doc(); doc.Text(".empty h2, .empty .empty-title") != "No tenant fits" {
		t.Error("nothing fits, and nothing says so")
	}
	w.tenants = nil
	doc := site(t, w).Get(home).Doc()
	doc.None("#tenant-list table")
	if doc.Text(".empty h2, .empty .empty-title") != "No tenants are assigned to you" {
		t.Error("no tenant, and nothing says so")
	}
}

func TestList_Partial(t *testing.T) {
	doc := site(t, newWorld()).Get(home+"?q=pamir", webtest.HTMX()).Doc()
	doc.One("#tenant-list tbody tr")
	doc.None("h1, #sidebar")
	if doc.Attr("#f-q", "value") != "pamir" || doc.Attr("#tenant-list form a", "href") != home {
		t.Error("the filter is not kept, or cannot be cleared")
	}
}

func TestList_Failures(t *testing.T) {
	for name, set := range map[string]func(*world){
		"access":   func(w *world) { w.accessErr = down },
		"scores":   func(w *world) { w.scoreErr = down },
		"contacts": func(w *world) { w.contactErr = down },
	} {
		w := newWorld()
		set(w)
		if r := site(t, w).Get(home); r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "10.0.0.9") {
			t.Errorf("%s: status %d, or the cause on the page", name, r.Code)
		}
	}
	p := newWorld().parts()
	p.Desk = nil
	if r := siteOf(t, p).Get(home); r.Code != http.StatusOK || len(names(r)) != 4 {
		t.Errorf("without a desk: %d", r.Code)
	}
	s := site(t, newWorld())
	s.User = nil
	if r := s.Get(home); r.Code == http.StatusOK {
		t.Error("nobody is signed in, and sees the list")
	}
}
