package pdf

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var created = time.Date(2026, 11, 24, 10, 30, 0, 0, time.UTC)

// tool runs a program that checks our documents from outside. On a developer's machine without it the check is left out;
// in CI it must be there.
func tool(t *testing.T, name string, args ...string) (output string, ran bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // a test asks where it runs
			t.Fatalf("%s is not installed: .ci/install.sh brings it", name)
		}
		t.Logf("%s is not installed: not checked with it", name)
		return "", false
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil && name != "pdfsig" { // which says what it finds in words
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out), true
}

// written writes a file of the test and returns its path.
func written(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certify makes a certificate for key, signed by parent (nil: by itself).
func certify(t *testing.T, key crypto.Signer, name string, parent *x509.Certificate, parentKey crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: created.Add(-time.Hour), NotAfter: created.AddDate(10, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: parent == nil, BasicConstraintsValid: true,
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newECDSA(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// remoteKey hides what kind of key it is, as a vault's does.
type remoteKey struct{ crypto.Signer }

func signers(t *testing.T) map[string]Signer {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec := newECDSA(t)
	rootKey := newECDSA(t)
	root := certify(t, rootKey, "Root", nil, nil)
	leaf := newECDSA(t)
	list := map[string]Signer{
		"ECDSA P-256":  {Key: ec, Certificate: certify(t, ec, "Ghasi", nil, nil)},
		"RSA":          {Key: rsaKey, Certificate: certify(t, rsaKey, "Ghasi", nil, nil)},
		"a remote key": {Key: remoteKey{ec}, Certificate: certify(t, ec, "Ghasi", nil, nil)},
		"a chain":      {Key: leaf, Certificate: certify(t, leaf, "Ghasi", root, rootKey), Chain: []*x509.Certificate{root}},
	}
	for name, s := range list {
		s.Name, s.Reason, s.At = "Ghasi (غاسی)", "Quarterly review", created
		list[name] = s
	}
	return list
}

func sampleDocument(t *testing.T, lang string) []byte {
	t.Helper()
	d := New(Options{Title: "Sample", Lang: lang, RTL: lang != "en", Created: created})
	d.Heading(1, "Heading")
	d.Paragraph("One paragraph with 12 words.")
	return bytesOf(t, d)
}

func bytesOf(t *testing.T, d *Doc) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pool(certificates ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certificates {
		p.AddCert(c)
	}
	return p
}

func TestSign_VerifiesEverywhere(t *testing.T) {
	for name, s := range signers(t) {
		t.Run(name, func(t *testing.T) {
			document := sampleDocument(t, "ps")
			signed, err := Sign(document, s)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(signed, document) {
				t.Error("the document's own bytes changed")
			}
			root := s.Certificate
			if len(s.Chain) > 0 {
				root = s.Chain[0]
			}
			got, err := Verify(signed, pool(root))
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != s.Name || got.Reason != s.Reason || !got.At.Equal(s.At) || !got.Certificate.Equal(s.Certificate) {
				t.Errorf("signature says %+v", got)
			}
			if out, ran := tool(t, "pdfsig", "-nocert", written(t, "signed.pdf", signed)); ran {
				for _, want := range []string{"Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "Ghasi"} {
					if !strings.Contains(out, want) {
						t.Errorf("pdfsig does not say %q:\n%s", want, out)
					}
				}
			}
			if out, ran := tool(t, "pdftotext", written(t, "signed.pdf", signed), "-"); ran && !strings.Contains(out, "Heading") {
				t.Errorf("the signed document's text is %q", out)
			}
		})
	}
}

func TestSign_OpenSSLVerifiesTheValue(t *testing.T) {
	s := signers(t)["ECDSA P-256"]
	signed, err := Sign(sampleDocument(t, "en"), s)
	if err != nil {
		t.Fatal(err)
	}
	at := signaturePattern.FindSubmatchIndex(signed)
	var first, second, length int
	if _, err := fmt.Sscan(string(signed[at[8]:at[13]]), &first, &second, &length); err != nil {
		t.Fatal(err)
	}
	der, err := signatureValue(signed[first+1 : second-1])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string][]byte{
		"sig.p7s": der, "content.bin": append(bytes.Clone(signed[:first]), signed[second:]...),
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate.Raw}),
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	out, ran := tool(t, "openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", in("sig.p7s"), "-content", in("content.bin"),
		"-CAfile", in("cert.pem"), "-purpose", "any", "-out", in("out"), "-attime", fmt.Sprint(created.Unix()))
	if ran && !strings.Contains(out, "erification successful") {
		t.Errorf("openssl says %s", out)
	}
	printed, ran := tool(t, "openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", in("sig.p7s"))
	if ran && strings.Contains(printed, "signingTime") {
		t.Error("the signature has a signing time of its own: PAdES forbids it")
	}
}

// TestVerify_RefusesEveryChangedByte flips bytes all over a signed file.
func TestVerify_RefusesEveryChangedByte(t *testing.T) {
	s := signers(t)["ECDSA P-256"]
	signed, err := Sign(sampleDocument(t, "en"), s)
	if err != nil {
		t.Fatal(err)
	}
	trust := pool(s.Certificate)
	at := signaturePattern.FindSubmatchIndex(signed)
	padding := bytes.Index(signed[at[1]:], bytes.Repeat([]byte{'0'}, 100)) + at[1]
	for i := 0; i < len(signed); i += 13 {
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		if _, err := Verify(changed, trust); err == nil {
			t.Fatalf("byte %d of %d changed from %q to %q and nobody noticed (the padding begins at %d)", i, len(signed), signed[i], changed[i], padding)
		}
	}
	changed := bytes.Clone(signed)
	changed[bytes.Index(changed, []byte("/Lang"))+6] ^= 1
	if _, err := Verify(changed, trust); !errors.Is(err, ErrChanged) {
		t.Errorf("a changed language: %v", err)
	}
	if out, ran := tool(t, "pdfsig", "-nocert", written(t, "changed.pdf", changed)); ran && !strings.Contains(out, "Digest Mismatch") {
		t.Errorf("pdfsig says of a changed byte:\n%s", out)
	}
}

func TestVerify_RefusesAppendedBytes(t *testing.T) {
	s := signers(t)["RSA"]
	signed, err := Sign(sampleDocument(t, "en"), s)
	if err != nil {
		t.Fatal(err)
	}
	longer := append(bytes.Clone(signed), "\n% one more line\n"...)
	if _, err := Verify(longer, nil); !errors.Is(err, ErrPartial) {
		t.Errorf("appended bytes: %v", err)
	}
	if out, ran := tool(t, "pdfsig", "-nocert", written(t, "longer.pdf", longer)); ran && strings.Contains(out, "Total document signed") {
		t.Errorf("pdfsig takes appended bytes for signed:\n%s", out)
	}
	if _, err := Verify(signed[:len(signed)-1], nil); !errors.Is(err, ErrPartial) {
		t.Errorf("a byte less: %v", err)
	}
	again := append(bytes.Clone(signed), signed[bytes.Index(signed, []byte("/Type/Sig"))-20:]...)
	if _, err := Verify(again, nil); !errors.Is(err, ErrPartial) {
		t.Errorf("two signatures: %v", err)
	}
}

func TestVerify_Refuses(t *testing.T) {
	list := signers(t)
	document := sampleDocument(t, "en")
	signed, err := Sign(document, list["ECDSA P-256"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(document, nil); !errors.Is(err, ErrUnsigned) {
		t.Errorf("an unsigned document: %v", err)
	}
	if _, err := Verify(nil, nil); !errors.Is(err, ErrUnsigned) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := Verify(signed, pool(list["RSA"].Certificate)); !errors.Is(err, ErrUntrusted) {
		t.Errorf("another's certificate: %v", err)
	}
	if _, err := Verify(signed, nil); err != nil {
		t.Errorf("without roots: %v", err)
	}
}

func TestSign_Refuses(t *testing.T) {
	list := signers(t)
	s, other := list["ECDSA P-256"], list["RSA"]
	document := sampleDocument(t, "en")
	signed, err := Sign(document, s)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		document []byte
		signer   Signer
	}{
		"no key":               {document, Signer{Certificate: s.Certificate}},
		"no certificate":       {document, Signer{Key: s.Key}},
		"another's key":        {document, Signer{Key: other.Key, Certificate: s.Certificate}},
		"nothing":              {nil, s},
		"no PDF":               {[]byte("hello"), s},
		"another's PDF":        {[]byte("%PDF-1.4\nxref\nstartxref\n9\n%%EOF\n"), s},
		"a signed document":    {signed, s},
		"half a document":      {document[:len(document)/2], s},
		"an offset beyond":     {[]byte("startxref\n9999999999\n%%EOF\n"), s},
		"a key that breaks":    {document, Signer{Key: brokenKey{s.Key}, Certificate: s.Certificate}},
		"a damaged first page": {bytes.Replace(document, []byte("/Kids["), []byte("/kids["), 1), s},
	} {
		if _, err := Sign(c.document, c.signer); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

// brokenKey is a vault that does not answer.
type brokenKey struct{ crypto.Signer }

func (brokenKey) Sign(_ io.Reader, _ []byte, _ crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("sealed")
}

func TestFingerprint(t *testing.T) {
	f := Fingerprint(signers(t)["RSA"].Certificate)
	if groups := strings.Fields(f); len(groups) != 16 || len(groups[0]) != 4 {
		t.Errorf("fingerprint %q", f)
	}
}

// FuzzVerify: nothing but the signed file itself verifies, and nothing breaks the check.
func FuzzVerify(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: created, NotAfter: created.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		f.Fatal(err)
	}
	d := New(Options{Title: "T", Lang: "en", Created: created})
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		f.Fatal(err)
	}
	signed, err := Sign(b.Bytes(), Signer{Key: key, Certificate: certificate, At: created})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0, []byte{}, true)
	f.Add(len(signed)-20, []byte("startxref"), false)
	f.Add(bytes.Index(signed, []byte("/Contents<"))+12, []byte("30820f"), true)
	f.Fuzz(func(t *testing.T, at int, piece []byte, replace bool) {
		at = max(0, min(at, len(signed)))
		changed := bytes.Clone(signed[:at])
		changed = append(changed, piece...)
		if rest := signed[at:]; replace {
			changed = append(changed, rest[min(len(piece), len(rest)):]...)
		} else {
			changed = append(changed, rest...)
		}
		if _, err := Verify(changed, nil); (err == nil) != bytes.Equal(changed, signed) {
			t.Errorf("%d bytes put in at %d: %v", len(piece), at, err)
		}
		_, _ = Sign(changed, Signer{Key: key, Certificate: certificate, At: created})
	})
}
