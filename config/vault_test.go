package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse_Vault(t *testing.T) {
	for name, c := range map[string]struct {
		environ map[string]string
		fault   string // the setting that is named; empty: none
	}{
		"none":        {map[string]string{}, ""},
		"both":        {map[string]string{"VAULT_ADDR": "https://vault.test:8200", "VAULT_TOKEN": "t"}, ""},
		"no token":    {map[string]string{"VAULT_ADDR": "https://vault.test:8200"}, "VAULT_TOKEN"},
		"no address":  {map[string]string{"VAULT_TOKEN": "hidden"}, "VAULT_ADDR"},
		"a path":      {map[string]string{"VAULT_ADDR": "https://vault.test/v1", "VAULT_TOKEN": "t"}, "VAULT_ADDR"},
		"credentials": {map[string]string{"VAULT_ADDR": "https://u:hidden@vault.test", "VAULT_TOKEN": "t"}, "VAULT_ADDR"},
	} {
		_, err := Parse(c.environ)
		switch {
		case c.fault == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "hidden")):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadSecretFiles_VaultToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("hvs.token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := map[string]string{"VAULT_TOKEN_FILE": path}
	if err := readSecretFiles(environ); err != nil || environ["VAULT_TOKEN"] != "hvs.token" {
		t.Errorf("token %q, %v", environ["VAULT_TOKEN"], err)
	}
}
