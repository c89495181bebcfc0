package config

import "errors"

func (c Config) validateVault() (errs []error) {
	switch {
	case c.VaultAddr == "" && c.VaultToken != "":
		errs = append(errs, errors.New("VAULT_ADDR: must name the Vault that VAULT_TOKEN is for"))
	case c.VaultAddr != "" && !isOrigin(c.VaultAddr):
		// What it is may hold credentials: not repeated.
		errs = append(errs, errors.New("VAULT_ADDR: want an origin such as https://vault.example.af:8200"))
	case c.VaultAddr != "" && c.VaultToken == "":
		errs = append(errs, errors.New("VAULT_TOKEN: Vault cannot be read without one"))
	}
	return errs
}
