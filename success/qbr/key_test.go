package qbr

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/portal"
)

func testKey(t testing.TB) Key {
	t.Helper()
	b, err := newKey(at)
	if err != nil {
		t.Fatal(err)
	}
	k, err := parseKey(b, b, at)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func now() time.Time { return at }

func TestKeys_MadeOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	prints := make([]string, 8)
	var wg sync.WaitGroup
	for i := range prints { // as replicas that start at once on one folder
		wg.Go(func() {
			keys, err := NewKeys(KeyOptions{Dir: dir, Now: now})
			if err != nil {
				t.Error(err)
				return
			}
			key, err := keys.Key(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = key.Fingerprint()
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] || p == "" {
			t.Errorf("fingerprints %q", prints)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	info, err := files[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestKeys_DamagedFile(t *testing.T) {
	good, err := newKey(at)
	if err != nil {
		t.Fatal(err)
	}
	old, err := newKey(at.AddDate(-20, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"empty": {}, "half": good[:len(good)/2], "words": []byte("hello"), "expired": old} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, keyFile), content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := NewKeys(KeyOptions{Dir: dir, Now: now})
		if err == nil || !strings.Contains(err.Error(), "delete the file") || strings.Contains(err.Error(), "BEGIN") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewKeys(KeyOptions{Dir: filepath.Join(t.TempDir(), "absent"), Now: now}); err == nil {
		t.Error("a key was kept in a folder that is not there")
	}
}

func TestParseKey_Forms(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: at, NotAfter: at.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if k, err := parseKey(private, append(certificate, certificate...), at); err != nil || len(k.Chain) != 1 {
		t.Errorf("an RSA key with a chain: %v", err)
	}
	other, err := newKey(at)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2][]byte{
		"another's certificate": {other, certificate}, "no key": {certificate, certificate}, "no certificate": {private, private},
		"a damaged certificate": {private, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der[1:]})},
	} {
		if _, err := parseKey(c[0], c[1], at); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

const vaultToken = "hvs.a-secret-token"

// vaultServer answers as HashiCorp Vault documents it for GET /v1/:mount/data/:path of a key-value store, version 2.
type vaultServer struct {
	t      *testing.T
	status int
	body   string
	calls  int
}

func (v *vaultServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.calls++
	if r.Method != http.MethodGet || r.URL.Path != "/v1/secret/data/cust/qbr-signing-key" || r.Header.Get("X-Vault-Request") != "true" {
		v.t.Errorf("vault was asked %s %s", r.Method, r.URL)
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("X-Vault-Token") != vaultToken {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"errors":["permission denied"]}`))
		return
	}
	w.Header().Set("Location", "https://elsewhere.test/")
	w.WriteHeader(v.status)
	_, _ = w.Write([]byte(v.body))
}

// secret is the answer for a secret with a key.
func secret(t *testing.T, private, certificate string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"request_id": "9d2c5a3e-7b0f-4a6e-9a53-1f0c9a7e7f10", "lease_id": "", "renewable": false, "lease_duration": 0,
		"data": map[string]any{
			"data":     map[string]string{"private_key": private, "certificate": certificate},
			"metadata": map[string]any{"created_time": "2026-01-02T03:04:05.678Z", "custom_metadata": nil, "deletion_time": "", "destroyed": false, "version": 3},
		},
		"wrap_info": nil, "warnings": nil, "auth": nil, "mount_type": "kv",
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestVault(t *testing.T) {
	pair, err := newKey(at)
	if err != nil {
		t.Fatal(err)
	}
	good := secret(t, string(pair), string(pair))
	const deleted = `{"data":{"data":null,"metadata":{"created_time":"2026-01-02T03:04:05Z","deletion_time":"2026-02-02T03:04:05Z","destroyed":false,"version":2}}}`
	for name, c := range map[string]struct {
		status int
		body   string
		token  string
		want   portal.Code
	}{
		"a key":                  {200, good, vaultToken, ""},
		"no such secret":         {404, `{"errors":[]}`, vaultToken, portal.Internal},
		"a deleted version":      {404, deleted, vaultToken, portal.Internal},
		"another token":          {200, good, "other", portal.Internal},
		"sealed":                 {503, `{"errors":["Vault is sealed"]}`, vaultToken, portal.Unavailable},
		"too many requests":      {429, `{"errors":["request path quota exceeded"]}`, vaultToken, portal.Unavailable},
		"broken":                 {500, `{"errors":["1 error occurred"]}`, vaultToken, portal.Unavailable},
		"a standby node":         {307, "", vaultToken, portal.Internal},
		"a bad request":          {400, `{"errors":["x"]}`, vaultToken, portal.Internal},
		"no JSON":                {200, "<html>" + string(pair), vaultToken, portal.Internal},
		"version 1 of the store": {200, `{"data":{"private_key":"x"}}`, vaultToken, portal.Internal},
		"fields of other names":  {200, `{"data":{"data":{"key":"x"}}}`, vaultToken, portal.Internal},
		"a number for a field":   {200, `{"data":{"data":{"private_key":1}}}`, vaultToken, portal.Internal},
		"a key that is none":     {200, secret(t, "SECRETKEYBYTES", string(pair)), vaultToken, portal.Internal},
		"too long":               {200, good + strings.Repeat(" ", maxSecret), vaultToken, portal.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(&vaultServer{t: t, status: c.status, body: c.body})
			defer server.Close()
			keys, err := NewKeys(KeyOptions{Vault: VaultOptions{Addr: server.URL, Token: c.token}, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			key, err := keys.Key(context.Background())
			if portal.CodeOf(err) != c.want {
				t.Fatalf("%v", err)
			}
			if err == nil {
				if len(strings.Fields(key.Fingerprint())) != 16 {
					t.Errorf("key %v", key)
				}
				return
			}
			for _, never := range []string{vaultToken, "SECRETKEYBYTES", "PRIVATE", "quota", "sealed"} {
				if strings.Contains(fmt.Sprintf("%+v", err), never) {
					t.Errorf("the error tells %q: %v", never, err)
				}
			}
		})
	}
}

// TestKeys_VaultGoesAway: what Vault gave stays in use while it does not answer, a new key is taken up, and a key that
// was taken back is used no longer.
func TestKeys_VaultGoesAway(t *testing.T) {
	pairs := make([]string, 2)
	for i := range pairs {
		b, err := newKey(at)
		if err != nil {
			t.Fatal(err)
		}
		pairs[i] = string(b)
	}
	fake := &vaultServer{t: t, status: 200, body: secret(t, pairs[0], pairs[0])}
	server := httptest.NewServer(fake)
	defer server.Close()
	clock := at
	keys, err := NewKeys(KeyOptions{Vault: VaultOptions{Addr: server.URL + "/", Token: vaultToken}, Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	get := func() (string, error) {
		key, err := keys.Key(context.Background())
		if err != nil {
			return "", err
		}
		return key.Fingerprint(), nil
	}
	first, err := get()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(); err != nil || fake.calls != 1 {
		t.Errorf("vault was asked %d times, %v", fake.calls, err)
	}
	clock = clock.Add(keyAge)
	fake.status = 503
	if again, err := get(); again != first || err != nil {
		t.Errorf("while vault is sealed: %v", err)
	}
	fake.status, fake.body = 200, secret(t, pairs[1], pairs[1])
	if second, err := get(); second == first || err != nil {
		t.Errorf("the new key was not taken up: %v", err)
	}
	clock = clock.Add(keyAge)
	fake.status = 404
	if _, err := get(); portal.CodeOf(err) != portal.Internal {
		t.Errorf("a key that was taken back: %v", err)
	}
}

func TestVault_DoesNotAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	keys, err := NewKeys(KeyOptions{Vault: VaultOptions{Addr: server.URL, Token: vaultToken}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Key(context.Background()); portal.CodeOf(err) != portal.Unavailable || strings.Contains(err.Error(), vaultToken) {
		t.Errorf("%v", err)
	}
}
