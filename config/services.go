package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// validateServices checks the addresses of the bus and of the object store. Both may hold a password, so neither is
// repeated.
func (c Config) validateServices() (errs []error) {
	if !isNATS(c.NATSURL) {
		errs = append(errs, errors.New("NATS_URL: want nats://host:4222 or tls://host:4222, several with commas"))
	}
	u, err := url.Parse(c.BlobURL)
	if c.BlobURL != "" && (err != nil || u.Scheme != "s3" || u.Host == "" || strings.Trim(u.Path, "/") == "") {
		errs = append(errs, errors.New("BLOB_URL: want s3://ACCESS:SECRET@host/bucket"))
	}
	return errs
}

// isNATS reports whether s is a list of NATS servers, or empty.
func isNATS(s string) bool {
	for part := range strings.SplitSeq(s, ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		if s != "" && (err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme)) {
			return false
		}
	}
	return true
}
