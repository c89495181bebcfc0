package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// authority is a certificate authority that speaks as much of ACME (RFC 8555) as one order with an HTTP-01 challenge takes. It does
// not check signatures; it does check that who asks answers at the name.
type authority struct {
	*httptest.Server
	portal func() string // address of the portal's plain HTTP
	ca     *x509.Certificate
	key    *ecdsa.PrivateKey

	mu         sync.Mutex
	thumbprint string
	valid      bool
	chain      []byte
	orders     int
	refused    string
}

func newAuthority(t *testing.T, portal func() string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{portal: portal, ca: ca, key: key}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

const challengeToken = "a-token-of-the-authority"

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Replay-Nonce", rand.Text())
	var jws struct{ Protected, Payload string }
	if r.Method == http.MethodPost {
		_ = json.NewDecoder(r.Body).Decode(&jws)
	}
	answer := func(status int, location string, body any) {
		if location != "" {
			w.Header().Set("Location", a.URL+location)
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	switch r.URL.Path {
	case "/dir":
		answer(200, "", map[string]string{"newNonce": a.URL + "/nonce", "newAccount": a.URL + "/account", "newOrder": a.URL + "/orders"})
	case "/nonce":
		w.WriteHeader(http.StatusOK)
	case "/account":
		a.thumbprint = thumbprint(jws.Protected)
		answer(201, "/account/1", map[string]string{"status": "valid"})
	case "/orders":
		a.orders++
		answer(201, "/order", a.order())
	case "/order":
		answer(200, "/order", a.order())
	case "/authorization":
		answer(200, "", map[string]any{"status": a.state(), "identifier": name(), "challenges": []any{a.challenge()}})
	case "/challenge":
		a.verify()
		answer(200, "", a.challenge())
	case "/finalize":
		a.issue(jws.Payload)
		answer(200, "/order", a.order())
	case "/certificate":
		_, _ = w.Write(a.chain)
	default:
		http.NotFound(w, r)
	}
}

func name() map[string]string { return map[string]string{"type": "dns", "value": "portal.example.af"} }

func (a *authority) state() string {
	if a.valid {
		return "valid"
	}
	return "pending"
}

func (a *authority) challenge() map[string]string {
	return map[string]string{"type": "http-01", "url": a.URL + "/challenge", "token": challengeToken, "status": a.state()}
}

func (a *authority) order() map[string]any {
	status := "pending"
	switch {
	case a.chain != nil:
		status = "valid"
	case a.valid:
		status = "ready"
	}
	return map[string]any{
		"status": status, "identifiers": []any{name()}, "authorizations": []string{a.URL + "/authorization"},
		"finalize": a.URL + "/finalize", "certificate": a.URL + "/certificate",
	}
}

// verify asks the portal, at the name, for the answer to the challenge.
func (a *authority) verify() {
	r, err := http.NewRequest(http.MethodGet, "http://"+a.portal()+"/.well-known/acme-challenge/"+challengeToken, nil)
	if err != nil {
		return
	}
	r.Host = "portal.example.af"
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		a.refused = err.Error()
		return
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	a.valid = string(body) == challengeToken+"."+a.thumbprint
	a.refused = fmt.Sprintf("%s %q", res.Status, body)
}

func (a *authority) issue(payload string) {
	raw, _ := base64.RawURLEncoding.DecodeString(payload)
	var order struct{ CSR string }
	_ = json.Unmarshal(raw, &order)
	der, _ := base64.RawURLEncoding.DecodeString(order.CSR)
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || !a.valid {
		return
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "portal.example.af"}, DNSNames: csr.DNSNames,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, a.ca, csr.PublicKey, a.key)
	if err != nil {
		return
	}
	for _, c := range [][]byte{signed, a.ca.Raw} {
		a.chain = append(a.chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})...)
	}
}

// thumbprint is that of the key in a JWS's header (RFC 7638).
func thumbprint(protected string) string {
	raw, _ := base64.RawURLEncoding.DecodeString(protected)
	var header struct {
		JWK struct{ Crv, Kty, X, Y string }
	}
	_ = json.Unmarshal(raw, &header)
	k := header.JWK
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":%q,"x":%q,"y":%q}`, k.Crv, k.Kty, k.X, k.Y))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// TestTLS_CertificateByACME: the first handshake gets a certificate for our name, the answer to its challenge stands on the plain
// listener, and a later start finds the certificate in the data folder.
func TestTLS_CertificateByACME(t *testing.T) {
	var portal *App
	ca := newAuthority(t, func() string { return portal.plain.Addr().String() })
	cfg := settings(t.TempDir())
	cfg.TLSDomains, cfg.TLSDirectory, cfg.HTTPAddr, cfg.Demo = []string{"portal.example.af"}, ca.URL+"/dir", "127.0.0.1:0", "false"
	roots := x509.NewCertPool()
	roots.AddCert(ca.ca)
	for start := range 2 {
		var err error
		if portal, err = newApp(t, cfg); err != nil {
			t.Fatal(err)
		}
		stop := run(t, portal)
		conn, err := tls.Dial("tcp", portal.listener.Addr().String(), &tls.Config{ServerName: "portal.example.af", RootCAs: roots})
		if err != nil {
			stop()
			t.Fatalf("start %d: %v; the authority saw %s", start, err, ca.refused)
		}
		_ = conn.Close()
		stop()
	}
	if ca.orders != 1 {
		t.Errorf("%d certificates are asked for", ca.orders)
	}
	kept := filepath.Join(cfg.DataDir, "certificates")
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%s: %v, %v", kept, info, err)
	}
}
