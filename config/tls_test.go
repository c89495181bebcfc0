package config

import (
	"strings"
	"testing"
)

func TestParse_TLS(t *testing.T) {
	for name, tt := range map[string]struct {
		environ map[string]string
		want    string // part of the error, "" for none
	}{
		"ACME":                   {map[string]string{"PORTAL_TLS_DOMAINS": "portal.example.af", "PORTAL_HTTP_ADDR": ":80"}, ""},
		"files":                  {map[string]string{"PORTAL_TLS_CERT": "c.pem", "PORTAL_TLS_KEY": "k.pem"}, ""},
		"one file":               {map[string]string{"PORTAL_TLS_CERT": "c.pem"}, "go together"},
		"both":                   {map[string]string{"PORTAL_TLS_DOMAINS": "a.af", "PORTAL_TLS_CERT": "c", "PORTAL_TLS_KEY": "k"}, "not both"},
		"wildcard":               {map[string]string{"PORTAL_TLS_DOMAINS": "*.example.af"}, "PORTAL_TLS_DOMAINS"},
		"address":                {map[string]string{"PORTAL_TLS_DOMAINS": "10.0.0.1"}, "PORTAL_TLS_DOMAINS"},
		"plain public address":   {map[string]string{"PORTAL_TLS_DOMAINS": "a.af", "PORTAL_URL": "http://a.af"}, "PORTAL_URL"},
		"redirect without TLS":   {map[string]string{"PORTAL_HTTP_ADDR": ":80"}, "PORTAL_HTTP_ADDR"},
		"redirect without port":  {map[string]string{"PORTAL_TLS_DOMAINS": "a.af", "PORTAL_HTTP_ADDR": "x"}, "PORTAL_HTTP_ADDR"},
		"directory that is none": {map[string]string{"PORTAL_TLS_DOMAINS": "a.af", "PORTAL_TLS_DIRECTORY": "x"}, "PORTAL_TLS_DIRECTORY"},
	} {
		cfg, err := Parse(tt.environ)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		case tt.want == "" && !cfg.TLS():
			t.Errorf("%s: no TLS", name)
		}
	}
	cfg, err := Parse(map[string]string{"PORTAL_ADDR": "127.0.0.1:443", "PORTAL_TLS_DOMAINS": "portal.example.af"})
	if err != nil || cfg.Loopback() {
		t.Errorf("a portal with a public name counts as for this machine alone: %v", err)
	}
}

func TestParse_ConnectSrc(t *testing.T) {
	for value, good := range map[string]bool{
		"https://api.ghasi.io": true, "https://a.test:8443,wss://b.test": true, "https://a.test; script-src *": false,
		"https://a.test/path": false, "*": false, "javascript:x": false, "https:": false, "'unsafe-inline'": false,
	} {
		if _, err := Parse(map[string]string{"PORTAL_CONNECT_SRC": value}); (err == nil) != good {
			t.Errorf("%q: %v", value, err)
		}
	}
}
