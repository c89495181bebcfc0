package app_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/store"
)

// recorded reads the audit log of whoever signed in first, oldest first, from the data folder of a site.
func recorded(t *testing.T, dir string) []portal.AuditEvent {
	t.Helper()
	db, err := database.Open(t.Context(), database.Options{File: filepath.Join(dir, "portal.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	records, err := store.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var chain string
	if err := db.Read.QueryRow("SELECT chain FROM audit_chains WHERE chain <> 'staff'").Scan(&chain); err != nil {
		t.Fatal(err)
	}
	check, err := records.VerifyAudit(t.Context(), chain)
	if err != nil || check.BrokenSeq != 0 {
		t.Errorf("the chain: %+v, %v", check, err)
	}
	var out []portal.AuditEvent
	for e, err := range records.ExportAudit(t.Context(), chain, portal.AuditFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// TestAudit_WhatACustomerDoes: signing in, a key made and ended, the balance warning and signing out stand in the tenant's
// log, each with who and from where, and without the key.
func TestAudit_WhatACustomerDoes(t *testing.T) {
	dir := t.TempDir()
	s := start(t, settings(dir))
	p := newPerson(t, s)
	p.signIn("/login/start", customer)
	form := p.get("/api-keys/new").doc(t)
	made := p.post("/api-keys", url.Values{
		"attempt": {form.Attr(`input[name="attempt"]`, "value")}, "key_name": {"Nightly"}, "scope": {"sms:send"}, "expires_in": {"0"},
	})
	if made.StatusCode != http.StatusOK {
		t.Fatalf("make a key: %s\n%s", made.Status, made.body)
	}
	made.doc(t)
	events := recorded(t, dir)
	key := events[len(events)-1].Subject
	if res := p.post("/api-keys/"+strings.TrimPrefix(key, "apikey/")+"/revoke", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("revoke: %s", res.Status)
	}
	p.post("/api/auth/logout", nil)

	type line struct{ Type, Subject, Who, Role, IP, Name string }
	var got []line
	for _, e := range recorded(t, dir) {
		got = append(got, line{string(e.Type), e.Subject, e.Actor.Name, e.Actor.Role, e.Data["ip"], e.Data["name"]})
		if strings.Contains(e.Data["name"]+e.Data["last4"], "ghasi_") || e.TenantID != e.Chain {
			t.Errorf("%+v", e)
		}
	}
	who := got[0].Who
	want := []line{
		{"customer-portal.session.signed_in.v1", "", who, "customer", "127.0.0.1", ""},
		{"customer-portal.apikey.created.v1", key, who, "customer", "127.0.0.1", "Nightly"},
		{"customer-portal.apikey.revoked.v1", key, who, "customer", "127.0.0.1", ""},
		{"customer-portal.session.signed_out.v1", "", who, "customer", "127.0.0.1", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" || who == "" || !strings.HasPrefix(key, "apikey/key_") {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
