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

// sessionKeys returns the cookie keys, newest first: those of the settings, else the one kept in the data folder.
func sessionKeys(cfg config.Config) ([]string, error) {
	if len(cfg.SessionKeys) > 0 {
		return cfg.SessionKeys, nil
	}
	key, err := keptSecret(cfg.DataDir, "session.key")
	if err != nil {
		return nil, fmt.Errorf("session key: %w (without it everybody is signed out)", err)
	}
	return []string{key}, nil
}

// serviceToken returns the services' token: that of the settings, else the one kept in the data folder. A remote
// platform knows only its own.
func serviceToken(cfg config.Config) (string, error) {
	if cfg.ServiceToken != "" || cfg.PlatformURL != "" {
		return cfg.ServiceToken, nil
	}
	token, err := keptSecret(cfg.DataDir, "service.token")
	if err != nil {
		return "", fmt.Errorf("service token: %w", err)
	}
	return token, nil
}

// keptSecret reads a secret from the data folder, where the first start makes it.
func keptSecret(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
	if err == nil {
		secret := strings.TrimSpace(string(b))
		if len(secret) < 32 {
			return "", fmt.Errorf("%s is damaged; delete it to make a new one", path)
		}
		return secret, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails (Go 1.24)
	secret := hex.EncodeToString(raw[:])
	return secret, os.WriteFile(path, []byte(secret+"\n"), 0o600)
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
