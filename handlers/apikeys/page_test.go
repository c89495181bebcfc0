package apikeys

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

func printer(t *testing.T, tag string) *locales.Printer {
	t.Helper()
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Locale(tag).Printer(noon, "", "")
}

func sample(change func(*portal.APIKey)) portal.APIKey {
	used := noon.Add(-2 * time.Minute)
	k := portal.APIKey{
		KeyID: "key_00000000000000000000000001", Name: "Billing export", Prefix: "ghasi_", Last4: "a1b2",
		Scopes: []portal.Scope{portal.ScopeSMSSend, portal.ScopeBillingRead}, Status: portal.KeyActive,
		CreatedAt: noon.Add(-48 * time.Hour), LastUsedAt: &used, LastUsedIP: "203.0.113.7",
	}
	if change != nil {
		change(&k)
	}
	return k
}

func TestNewTable_Order(t *testing.T) {
	named := func(name string, s portal.APIKeyStatus) portal.APIKey {
		return sample(func(k *portal.APIKey) { k.Name, k.Status = name, s })
	}
	table := newTable(printer(t, "en"), []portal.APIKey{
		named("expired", portal.KeyExpired), named("first", portal.KeyActive), named("revoked", portal.KeyRevoked), named("second", portal.KeyActive),
	})
	var got []string
	for _, r := range table.Rows {
		got = append(got, r.Name)
	}
	if d := cmp.Diff([]string{"first", "second", "expired", "revoked"}, got); d != "" {
		t.Error(d)
	}
}

func TestNewRow(t *testing.T) {
	p := printer(t, "en")
	row := newRow(p, sample(nil))
	if row.Masked != "ghasi_…a1b2" || row.Ended || row.Unused || row.LastUsedIP != "203.0.113.7" || row.Expires != "" {
		t.Errorf("active key: %+v", row)
	}
	if row.RevokeURL != "/api-keys/key_00000000000000000000000001/revoke" {
		t.Errorf("RevokeURL = %q", row.RevokeURL)
	}
	if row.LastUsed.ISO != "2026-11-24T11:58:00Z" || row.LastUsed.Text == "" || row.LastUsed.Exact == "" {
		t.Errorf("LastUsed = %+v", row.LastUsed)
	}
	end := noon.Add(24 * time.Hour)
	row = newRow(p, sample(func(k *portal.APIKey) { k.ExpiresAt, k.LastUsedAt = &end, nil }))
	if row.Expires != "Expires on 25 November 2026" || !row.Unused || row.LastUsed.ISO != "" {
		t.Errorf("unused key with an end: %+v", row)
	}
	row = newRow(p, sample(func(k *portal.APIKey) { k.Status, k.ExpiresAt = portal.KeyRevoked, &end }))
	if !row.Ended || row.RevokeURL != "" || row.Expires != "" || row.Status.Kind != "revoked" {
		t.Errorf("revoked key: %+v", row)
	}
}

func TestRevokeView(t *testing.T) {
	for _, tag := range locales.Tags {
		view := revokeView(printer(t, tag), sample(nil))
		if len(view.Stops) != 2 || view.LastUsed == "" || view.Title == "" {
			t.Errorf("%s: %+v", tag, view)
		}
	}
	view := revokeView(printer(t, "en"), sample(func(k *portal.APIKey) { k.LastUsedAt, k.Scopes = nil, []portal.Scope{"new:scope"} }))
	if view.LastUsed != "" || len(view.Stops) != 0 {
		t.Errorf("an unused key with a scope we do not know: %+v", view)
	}
}

func TestFormView_Summary(t *testing.T) {
	p := printer(t, "en")
	one := formView(p, form{}, []portal.FieldError{{Field: "name", Key: "field.required"}}, false)
	if one.Alert != nil || one.Name.Error == "" || !one.Name.Autofocus {
		t.Errorf("one error: %+v", one)
	}
	two := formView(p, form{}, []portal.FieldError{{Field: "name", Key: "field.required"}, {Field: "scopes", Key: "field.no_scope"}}, false)
	if two.Alert == nil || len(two.Alert.Items) != 2 || two.Alert.Items[0].URL != "#f-key_name" || two.Name.Autofocus {
		t.Errorf("two errors: %+v", two)
	}
}
