package apikeys

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/portal"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name string
		form url.Values
		want []string // field and key, in order
	}{
		{"all right", url.Values{"key_name": {" Billing export "}, "scope": {"sms:send", "billing:read"}, "expires_in": {"90"}}, nil},
		{"expiry left out", url.Values{"key_name": {"x"}, "scope": {"sms:read"}}, nil},
		{"eighty letters in another script", url.Values{"key_name": {strings.Repeat("س", 80)}, "scope": {"sms:read"}}, nil},
		{"nothing", url.Values{}, []string{"name field.required", "scopes field.no_scope"}},
		{"only spaces", url.Values{"key_name": {" \u00a0 "}, "scope": {"sms:read"}}, []string{"name field.required"}},
		{"long name", url.Values{"key_name": {strings.Repeat("a", 81)}, "scope": {"sms:read"}}, []string{"name apikeys.new.name.too_long"}},
		{"control character", url.Values{"key_name": {"a\x1b[31mb"}, "scope": {"sms:read"}}, []string{"name field.invalid"}},
		{"mark of direction", url.Values{"key_name": {"a\u202eb"}, "scope": {"sms:read"}}, []string{"name field.invalid"}},
		{"only joiners", url.Values{"key_name": {"\u200c\u200d"}, "scope": {"sms:read"}}, []string{"name field.invalid"}},
		{"letters with a joiner", url.Values{"key_name": {"می\u200cشود"}, "scope": {"sms:read"}}, nil},
		{"unknown scope", url.Values{"key_name": {"x"}, "scope": {"sms:send", "admin:all"}}, []string{"scopes field.unknown_scope"}},
		{"unknown expiry", url.Values{"key_name": {"x"}, "scope": {"sms:read"}, "expires_in": {"36500"}}, []string{"expiresAt field.invalid"}},
		{"negative expiry", url.Values{"key_name": {"x"}, "scope": {"sms:read"}, "expires_in": {"-1"}}, []string{"expiresAt field.invalid"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, w := range bind(tt.form).validate() {
				got = append(got, w.Field+" "+w.Key)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNewKey(t *testing.T) {
	inMonth := noon.Add(30 * 24 * time.Hour)
	for _, tt := range []struct {
		name string
		form url.Values
		want portal.NewAPIKey
	}{
		{"for ever", url.Values{"key_name": {" A "}, "scope": {"sms:read"}, "expires_in": {"0"}},
			portal.NewAPIKey{Name: "A", Scopes: []portal.Scope{"sms:read"}}},
		{"for a month", url.Values{"key_name": {"A"}, "scope": {"sms:read"}, "expires_in": {"30"}},
			portal.NewAPIKey{Name: "A", Scopes: []portal.Scope{"sms:read"}, ExpiresAt: &inMonth}},
		{"scopes in order, each once", url.Values{"key_name": {"A"}, "scope": {"billing:read", "sms:send", "sms:send"}},
			portal.NewAPIKey{Name: "A", Scopes: []portal.Scope{"sms:send", "billing:read"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, bind(tt.form).newKey(noon)); d != "" {
				t.Error(d)
			}
		})
	}
}
