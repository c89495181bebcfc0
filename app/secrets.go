package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"ghasi.io/portal/config"
)

// sessionKeys returns the cookie keys, newest first: those of the settings, else the one kept in the data folder, which
// the first start makes.
func sessionKeys(cfg config.Config) ([]string, error) {
	if len(cfg.SessionKeys) > 0 {
		return cfg.SessionKeys, nil
	}
	path := filepath.Join(cfg.DataDir, "session.key")
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
	if err == nil {
		key := strings.TrimSpace(string(b))
		if len(key) < 32 {
			return nil, fmt.Errorf("session key: %s is damaged; delete it to make a new one (everybody is signed out)", path)
		}
		return []string{key}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("session key: %w", err)
	}
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails (Go 1.24)
	key := hex.EncodeToString(raw[:])
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("session key: %w", err)
	}
	return []string{key}, nil
}

// trustedPeers returns whether a request comes straight from one of the proxies that the settings name.
func trustedPeers(cidrs []string) (func(*http.Request) bool, error) {
	prefixes := make([]netip.Prefix, 0, len(cidrs))
	for _, s := range cidrs {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("PORTAL_TRUSTED_PROXIES: %w", err)
		}
		prefixes = append(prefixes, p)
	}
	return func(r *http.Request) bool {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			return false
		}
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return false
		}
		for _, p := range prefixes {
			if p.Contains(ip.Unmap()) {
				return true
			}
		}
		return false
	}, nil
}
