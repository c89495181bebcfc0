package qbr

import (
	"context"
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
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
)

// Key signs reviews.
type Key struct {
	Signer      crypto.Signer
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // above the certificate, if anything
}

// Fingerprint is the certificate's SHA-256, as people compare it.
func (k Key) Fingerprint() string { return pdf.Fingerprint(k.Certificate) }

// KeyOptions say where the key is kept: in Vault when its address is set, else in the data folder.
type KeyOptions struct {
	Dir   string // data folder
	Vault VaultOptions
	Now   func() time.Time
}

// Keys gives the key that signs. Safe for concurrent use.
type Keys struct {
	vault *vault // nil: the key never changes
	now   func() time.Time

	mu   sync.Mutex
	key  Key
	read time.Time // when key was read; zero: never
}

// keyAge is how long a key from Vault is used before Vault is asked again: a new one is taken up within it.
const keyAge = 5 * time.Minute

// NewKeys returns the keys of o. The key of the data folder is read now, or made if there is none; Vault is asked when
// the first review is signed, so that the portal starts without it. Errors: a key that cannot be read or kept.
func NewKeys(o KeyOptions) (*Keys, error) {
	k := &Keys{now: o.Now}
	if o.Vault.Addr != "" {
		k.vault = newVault(o.Vault)
		return k, nil
	}
	var err error
	if k.key, err = keptKey(o.Dir, o.Now()); err != nil {
		return nil, fmt.Errorf("key that signs reviews: %w", err)
	}
	return k, nil
}

// Key returns the key. While Vault does not answer, the one that it gave last stays in use. Errors: Unavailable when it
// has given none; Internal when there is no such key or it is no good.
func (k *Keys) Key(ctx context.Context) (Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.vault == nil || !k.read.IsZero() && k.now().Sub(k.read) < keyAge {
		return k.key, nil
	}
	key, err := k.vault.key(ctx, k.now())
	switch {
	case err == nil:
		k.key, k.read = key, k.now()
	case k.read.IsZero() || portal.CodeOf(err) != portal.Unavailable:
		return Key{}, err
	}
	return k.key, nil
}

const keyFile = "qbr.pem"

// keptKey reads the key of the data folder; the first start makes it.
func keptKey(dir string, now time.Time) (Key, error) {
	path := filepath.Join(dir, keyFile)
	key, err := readKey(path, now)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	made, err := newKey(now)
	if err != nil {
		return Key{}, err
	}
	temp, err := os.CreateTemp(dir, keyFile+".*") // mode 0600
	if err != nil {
		return Key{}, err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // its second name stays
	_, err = temp.Write(made)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return Key{}, err
	}
	// A link, unlike a rename, never replaces the key of another process that starts at the same moment.
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return Key{}, err
	}
	return readKey(path, now)
}

func readKey(path string, now time.Time) (Key, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
	if err != nil {
		return Key{}, err
	}
	key, err := parseKey(b, b, now)
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w; delete the file to make a new key", path, err)
	}
	return key, nil
}

// newKey makes a P-256 key with a certificate that it signs itself, as PEM.
func newKey(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	const years = 10
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Ghasi business reviews", Organization: []string{"Ghasi"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(years, 0, 0), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...), nil
}

// parseKey reads a private key and the certificates that begin with its own, both as PEM. Its errors hold nothing of
// them.
func parseKey(private, certificates []byte, now time.Time) (Key, error) {
	var k Key
	for block, rest := pem.Decode(certificates); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return Key{}, errors.New("a certificate cannot be read")
		}
		k.Chain = append(k.Chain, c)
	}
	if len(k.Chain) == 0 {
		return Key{}, errors.New("there is no certificate (PEM)")
	}
	k.Certificate, k.Chain = k.Chain[0], k.Chain[1:]
	for block, rest := pem.Decode(private); block != nil && k.Signer == nil; block, rest = pem.Decode(rest) {
		k.Signer = parsePrivate(block)
	}
	if k.Signer == nil {
		return Key{}, errors.New("there is no RSA or ECDSA private key (PEM, not encrypted)")
	}
	public, ok := k.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	switch {
	case !ok || !public.Equal(k.Signer.Public()):
		return Key{}, errors.New("the certificate is another key's")
	case now.After(k.Certificate.NotAfter):
		return Key{}, fmt.Errorf("the certificate expired on %s", k.Certificate.NotAfter.UTC().Format(time.DateOnly))
	}
	return k, nil
}

func parsePrivate(block *pem.Block) crypto.Signer {
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		switch key := key.(type) {
		case *ecdsa.PrivateKey:
			return key
		case *rsa.PrivateKey:
			return key
		}
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	return nil
}
