package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/config"
)

const firebaseProject = "ghasi-legacy"

// startFirebase stands in for Google's certificate endpoint with a key of the test's own, and returns its address and
// what signs ID tokens for an e-mail address with that key.
func startFirebase(t *testing.T) (certs string, idToken func(email string) string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "securetoken"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	google := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_ = json.NewEncoder(w).Encode(map[string]string{"g0": certificate})
	}))
	t.Cleanup(google.Close)
	return google.URL, func(email string) string {
		t.Helper()
		now := time.Now()
		token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
			"iss": "https://securetoken.google.com/" + firebaseProject, "aud": firebaseProject, "sub": "fb-1",
			"email": email, "email_verified": true, "auth_time": now.Add(-time.Minute).Unix(),
			"iat": now.Add(-time.Second).Unix(), "exp": now.Add(time.Hour).Unix(),
		})
		token.Header["kid"] = "g0"
		raw, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
}

// TestFirebase_Fallback: with the flag on, a legacy account signs in by its Firebase ID token and lands on the page meant.
func TestFirebase_Fallback(t *testing.T) {
	certs, idToken := startFirebase(t)
	s := newSite(t, func(c *config.Config) {
		c.FirebaseLogin, c.FirebaseProject, c.FirebaseCerts = true, firebaseProject, certs
	})
	for name, l := range map[string]look{"script": {}, "no script": {noJS: true}} {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, s, l)
			b.visit("/messages?status=failed")
			b.click(`a[href^="/login/firebase"]`)
			b.see(`textarea[name="id_token"]`)
			b.do(chromedp.SetValue(chromedp.CSS(`textarea[name="id_token"]`), idToken(customer)))
			b.click(`button[type="submit"]`)
			b.at("/messages?status=failed")
			b.seeText(".tenant-name", "Pamir Logistics")
		})
	}
	t.Run("nobody's address", func(t *testing.T) {
		b := newTab(t, s, look{})
		b.expect("403")
		b.visit("/login/firebase")
		b.do(chromedp.SetValue(chromedp.CSS(`textarea[name="id_token"]`), idToken("nobody@example.af")))
		b.click(`button[type="submit"]`)
		b.see(".alert")
		b.visit("/dashboard")
		b.at("/login")
	})
}

// TestFirebase_Off: by default there is no second way in.
func TestFirebase_Off(t *testing.T) {
	b := newTab(t, shared, look{})
	b.expect("404")
	b.visit("/login")
	if n := b.count(`a[href^="/login/firebase"]`); n != 0 {
		t.Error("the second button is there")
	}
	b.visit("/login/firebase")
	b.seeText("h1", "Not found")
}
