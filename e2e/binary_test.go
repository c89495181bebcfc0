package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// binary is the built portal in a process of its own, serving HTTPS with a certificate made for the test.
type binary struct {
	*site

	ca          string // file of the certificate
	host        string // localhost:port
	https, http string // ports
	transport   *http.Transport
}

// startBinary builds and starts the portal as an operator would: by settings alone.
func startBinary(t *testing.T) *binary {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "portal")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags", "nomsgpack", "-o", program, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") //nolint:forbidigo // a program gets the environment of its caller
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	_, secure, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	_, plain, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	cert, key, pool := certificate(t, dir)
	b := &binary{ca: cert, host: "localhost:" + secure, https: secure, http: plain}
	b.site = &site{url: "https://" + b.host}
	b.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(b.transport.CloseIdleConnections)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	portal := exec.Command(program)
	portal.Stdout, portal.Stderr = log, log
	environment := os.Environ() //nolint:forbidigo // a program gets the environment of its caller
	portal.Env = append(environment, "PORTAL_ADDR=127.0.0.1:"+secure, "PORTAL_HTTP_ADDR=127.0.0.1:"+plain, "PORTAL_ADMIN_ADDR=",
		"PORTAL_URL="+b.url, "PORTAL_TLS_CERT="+cert, "PORTAL_TLS_KEY="+key, "PORTAL_DATA_DIR="+filepath.Join(dir, "data"),
		"PORTAL_DEMO=true", "DATABASE_URL=")
	if err := portal.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = portal.Process.Signal(os.Interrupt)
		if err := portal.Wait(); err != nil {
			t.Errorf("the portal ended with %v", err)
		}
		_ = log.Close()
	})
	client := http.Client{Transport: b.transport, Timeout: time.Second}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if res, err := client.Get(b.url + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return b
			}
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("the portal does not serve %s\n%s", b.url, said)
		}
	}
}

// certificate makes one for localhost that signs itself, and writes it and its key as PEM files.
func certificate(t *testing.T, dir string) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for file, data := range map[string][]byte{certFile: certPEM, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, pool
}

// person signs somebody in at the binary.
func (b *binary) person(t *testing.T, email string) *person {
	t.Helper()
	p := &person{site: b.site, jar: map[string]*http.Cookie{}, since: time.Now()}
	p.browser.Transport = b.transport
	p.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.signIn(t, email, passwordOf(email))
	return p
}

// script runs one of audits/ by Node and returns what it wrote.
func (b *binary) script(ctx context.Context, t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(ctx, node(), args...)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+b.ca) //nolint:forbidigo // a program gets the environment of its caller
	out, err := cmd.Output()
	if err != nil {
		said := ""
		if e, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it bare
			said = string(e.Stderr)
		}
		t.Fatalf("%v: %v\n%s", args, err, said)
	}
	return out
}
