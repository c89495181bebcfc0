package config

import (
	"strings"
	"testing"
)

func TestParse_OIDC(t *testing.T) {
	good := map[string]string{
		"PLATFORM_OIDC_ISSUER": "https://id.example.af/realms/ghasi", "PLATFORM_OIDC_CLIENT_ID": "portal",
		"PLATFORM_OIDC_CLIENT_SECRET": "s3cret",
	}
	cfg, err := Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.OIDCRolesClaim != "realm_access.roles" || cfg.OIDCTenantClaim != "tenant" || len(cfg.OIDCScopes) != 3 || cfg.OIDCCreateTenants {
		t.Errorf("defaults: %+v", cfg)
	}
	for _, tc := range []struct{ name, value, blamed string }{
		{"PLATFORM_OIDC_ISSUER", "", "PLATFORM_OIDC_ISSUER"},
		{"PLATFORM_OIDC_ISSUER", "id.example.af", "PLATFORM_OIDC_ISSUER"},
		{"PLATFORM_OIDC_ISSUER", "http://id.example.af", "PLATFORM_OIDC_ISSUER"},
		{"PLATFORM_OIDC_ISSUER", "https://id.example.af/?realm=x", "PLATFORM_OIDC_ISSUER"},
		{"PLATFORM_OIDC_ISSUER", "http://127.0.0.1:8081/realms/ghasi", ""},
		{"PLATFORM_OIDC_ISSUER", "http://localhost:8081/realms/ghasi", ""},
		{"PLATFORM_OIDC_CLIENT_ID", "", "PLATFORM_OIDC_CLIENT_ID"},
		{"PLATFORM_OIDC_SCOPES", "profile email", "PLATFORM_OIDC_SCOPES"},
		{"PLATFORM_OIDC_CREATE_TENANTS", "true", ""},
		{"PLATFORM_URL", "https://api.example.af", "PLATFORM_OIDC_ISSUER"},
	} {
		t.Run(tc.name+"="+tc.value, func(t *testing.T) {
			environ := map[string]string{tc.name: tc.value}
			for name, value := range good {
				if name != tc.name {
					environ[name] = value
				}
			}
			_, err := Parse(environ)
			switch {
			case tc.blamed == "" && err != nil:
				t.Error(err)
			case tc.blamed != "" && (err == nil || !strings.Contains(err.Error(), tc.blamed)):
				t.Errorf("got %v, want it to name %s", err, tc.blamed)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}
