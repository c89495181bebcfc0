package qbr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"ghasi.io/portal/portal"
)

// VaultOptions say where HashiCorp Vault (or OpenBao) is.
type VaultOptions struct {
	Addr      string // origin, https://vault.example.af:8200; empty: no Vault
	Token     string
	Namespace string            // of Vault Enterprise; usually empty
	Transport http.RoundTripper // nil: the default one
}

// Where the key is: in the key-value store, version 2, that is mounted at "secret". The secret's fields are private_key
// and certificate, both PEM; certificates above the first may follow it.
const (
	vaultSecret  = "secret/cust/qbr-signing-key" //nolint:gosec // a name
	vaultPath    = "/v1/secret/data/cust/qbr-signing-key"
	vaultTimeout = 5 * time.Second
	maxSecret    = 1 << 20
)

type vault struct {
	o    VaultOptions
	http http.Client
}

func newVault(o VaultOptions) *vault {
	return &vault{o: o, http: http.Client{
		Transport: o.Transport, Timeout: vaultTimeout,
		// A redirect could carry the token anywhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// key reads the newest version of the secret. Errors: Unavailable while Vault is sealed or does not answer, Internal for
// what an operator has to mend. They hold neither the token nor anything that Vault sent.
func (v *vault) key(ctx context.Context, now time.Time) (Key, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(v.o.Addr, "/")+vaultPath, nil)
	if err != nil {
		return Key{}, portal.Fail(portal.Internal, errors.New("vault: VAULT_ADDR is no address"))
	}
	r.Header.Set("X-Vault-Token", v.o.Token)
	r.Header.Set("X-Vault-Request", "true") // agents and proxies of Vault ask for it
	if v.o.Namespace != "" {
		r.Header.Set("X-Vault-Namespace", v.o.Namespace)
	}
	res, err := v.http.Do(r)
	if err != nil {
		return Key{}, portal.Fail(portal.Unavailable, fmt.Errorf("vault: %w", err))
	}
	defer func() { _ = res.Body.Close() }() // read or given up
	if err := statusError(res.StatusCode); err != nil {
		return Key{}, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxSecret+1))
	if err != nil {
		return Key{}, portal.Fail(portal.Unavailable, fmt.Errorf("vault: %w", err))
	}
	var answer struct {
		Data struct {
			Data struct {
				PrivateKey  string `json:"private_key"`
				Certificate string `json:"certificate"`
			} `json:"data"`
		} `json:"data"`
	}
	if len(body) > maxSecret || json.Unmarshal(body, &answer) != nil { // its error would quote what Vault sent
		return Key{}, portal.Fail(portal.Internal, errors.New("vault: the answer is not that of a key-value store, version 2"))
	}
	key, err := parseKey([]byte(answer.Data.Data.PrivateKey), []byte(answer.Data.Data.Certificate), now)
	if err != nil {
		return Key{}, portal.Fail(portal.Internal, fmt.Errorf("vault: %s: %w", vaultSecret, err))
	}
	return key, nil
}

func statusError(status int) error {
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusNotFound:
		return portal.Fail(portal.Internal, fmt.Errorf("vault: there is no %s, or its newest version is deleted", vaultSecret))
	case status == http.StatusForbidden:
		return portal.Fail(portal.Internal, fmt.Errorf("vault: VAULT_TOKEN may not read %s, or has expired", vaultSecret))
	case status >= 300 && status < 400:
		return portal.Fail(portal.Internal, errors.New("vault: it redirects elsewhere: name the active node in VAULT_ADDR"))
	case status == http.StatusTooManyRequests || status >= 500: // 503: sealed, or in maintenance
		return portal.Fail(portal.Unavailable, fmt.Errorf("vault: status %d", status))
	}
	return portal.Fail(portal.Internal, fmt.Errorf("vault: status %d", status))
}
