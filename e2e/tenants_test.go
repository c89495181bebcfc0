package e2e

import (
	"net/http"
	"strings"
	"testing"
)

const admin = "admin@demo.ghasi.test"

// TestTenants_List: a TAM sees the two tenants that are theirs, an administrator all three.
func TestTenants_List(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, staff))
	b.visit("/")
	b.at("/admin/tenants")
	b.seeText("#tenant-list", "Pamir Logistics")
	b.seeText("#tenant-list", "Herat Pharmacy")
	if strings.Contains(b.text("#tenant-list"), "Kabul Courier") {
		t.Error("a TAM sees a tenant that is not theirs")
	}
	b.fill("#f-q", "herat")
	b.key("\r")
	b.until("the list is narrowed", `document.querySelectorAll("#tenant-list tbody tr").length === 1`)
	b.visit("/admin/tenants?sort=name")
	if got := b.texts("#tenant-list .row-link"); len(got) != 2 || got[0] != "Herat Pharmacy" {
		t.Errorf("by name: %q", got)
	}
	a := newTab(t, shared, look{}).as(someone(t, shared, admin))
	a.visit("/admin/tenants")
	a.seeText("#tenant-list", "Kabul Courier")
}

// tenantURL is the page of a tenant, as an administrator finds it.
func tenantURL(t *testing.T, s *site, name string) string {
	t.Helper()
	doc := docOf(t, someone(t, s, admin).get(t, "/admin/tenants?q="+strings.ReplaceAll(name, " ", "+")))
	return doc.Attr("#tenant-list .row-link", "href")
}

// TestTenants_OthersAreForbidden: a TAM who knows the address of somebody else's tenant gets nothing, and the attempt is
// in the staff's log.
func TestTenants_OthersAreForbidden(t *testing.T) {
	path := tenantURL(t, shared, "Kabul Courier")
	tam := someone(t, shared, staff)
	for _, at := range []string{path, path + "/notes", path + "/reviews"} {
		if res := tam.get(t, at); res.StatusCode != http.StatusForbidden || strings.Contains(res.body, "Kabul Courier") {
			t.Errorf("%s: %s", at, res.Status)
		}
	}
	for _, as := range []string{customer, manager} {
		if res := someone(t, shared, as).get(t, path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", as, res.Status)
		}
	}
	log := someone(t, shared, admin).get(t, "/settings/audit?log=staff")
	if !strings.Contains(log.body, "Access denied") {
		t.Error("the attempt is not in the staff's log")
	}
}

// TestTenants_Notes: a note is written, previewed, changed, and deleted, in the page and without JavaScript; no customer
// sees it.
func TestTenants_Notes(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, staff))
	b.visit(tenantURL(t, shared, "Herat Pharmacy"))
	const secret = "Renewal at risk zq81"
	b.fill("#notes #f-body_text", "**"+secret+"** <img src=x onerror=alert(1)>")
	b.click(`#notes button[formaction$="/preview"]`)
	b.seeText("#notes [role=region] strong", secret)
	b.unharmed("preview")
	b.click(`#notes .form-actions .btn-primary`)
	b.seeText("#notes .note strong", secret)
	b.unharmed("note")
	for _, path := range []string{"/dashboard", "/settings/audit", "/settings", "/billing", "/settings/audit/export.json"} {
		if res := someone(t, shared, manager).get(t, path); strings.Contains(res.body, "zq81") || strings.Contains(res.body, "note.created") {
			t.Errorf("%s shows a note to a customer", path)
		}
	}
	b.click("#notes .note a[href$='/edit']")
	b.fill("#notes .note textarea", "Renewed zq82")
	b.click("#notes .note .btn-primary")
	b.seeText("#notes .note .prose", "Renewed zq82")
	b.click("#notes .note a[href$='/delete']")
	b.see("dialog[open]")
	b.click("dialog[open] .btn-danger")
	b.until("the note is gone", `!document.body.innerText.includes("zq82")`)

	plain := newTab(t, shared, look{noJS: true}).as(someone(t, shared, staff))
	plain.visit(tenantURL(t, shared, "Herat Pharmacy"))
	plain.fill("#notes #f-body_text", "Without a script zq83")
	plain.click(`#notes .form-actions .btn-primary`)
	plain.seeText("#notes .note .prose", "Without a script zq83")
}

// TestTenants_ViewIsInTheTenantsLog: each look of staff at an account stands in its own audit log, and the chain holds.
func TestTenants_ViewIsInTheTenantsLog(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, staff))
	b.visit(tenantURL(t, shared, "Pamir Logistics"))
	b.seeText("h1", "Pamir Logistics")
	b.see(".score-ring")
	c := newTab(t, shared, look{}).as(someone(t, shared, customer))
	c.visit("/settings/audit?type=customer-portal.tenant.viewed.v1")
	c.seeText("#audit-log tbody", "Account viewed by staff")
	c.click("#audit-log form[action$='/verify'] button")
	c.seeText("#audit-check", "The log is whole")
}

// noted is on the page of a tenant that has a note.
func (b *tab) noted() {
	b.t.Helper()
	b.visit(eval[string](b, `document.querySelector("#tenant-list a.row-link").getAttribute("href")`))
	b.see("#notes")
	if b.count("#notes .note") > 0 {
		return
	}
	b.fill("#notes #f-body_text", "# Renewal\n\n- Met **Maryam** on Monday\n- [Offer](https://example.af/offer)\n\n| Month | Price |\n|---|---|\n| 1 | 2 |\n\nد قرارداد نوي کول")
	b.click(`#notes .form-actions .btn-primary`)
	b.see("#notes .note")
}

// TestTenants_NoteRefused: a note without text and one that somebody changed meanwhile show what is wrong beside what was
// typed.
func TestTenants_NoteRefused(t *testing.T) {
	p := someone(t, shared, admin)
	at := tenantURL(t, shared, "Kabul Courier")
	b := newTab(t, shared, look{}).as(p)
	b.expect("422")
	b.expect("409")
	b.visit(at)
	b.click("#notes .form-actions .btn-primary")
	b.see("#notes .field-wrong")
	b.fill("#notes #f-body_text", "First zq91")
	b.click("#notes .form-actions .btn-primary")
	b.seeText("#notes .note .prose", "First zq91")
	b.click("#notes .note a[href$='/edit']")
	b.fill("#notes .note textarea", "Mine zq92")
	edit := eval[string](b, `document.querySelector("#notes .note form").getAttribute("action")`)
	if res := p.post(t, edit, map[string][]string{"body_text": {"Theirs zq93"}, "version": {"1"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the other change: %s", res.Status)
	}
	b.click("#notes .note .btn-primary")
	b.seeText("#notes .alert", "The note was not saved")
	if got := b.value("#notes .note textarea"); got != "Mine zq92" {
		t.Errorf("what was typed has become %q", got)
	}
	b.click("#notes .note .btn-primary")
	b.seeText("#notes .note .prose", "Mine zq92")
}
