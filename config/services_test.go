package config

import (
	"strings"
	"testing"
)

func TestParse_Services(t *testing.T) {
	for name, tc := range map[string]struct {
		variable, value string
		ok              bool
	}{
		"no bus": {"NATS_URL", "", true}, "a bus": {"NATS_URL", "nats://user:secret@bus:4222", true},
		"two servers": {"NATS_URL", "tls://a:4222, tls://b:4222", true}, "no scheme": {"NATS_URL", "bus:4222/secret", false},
		"another scheme": {"NATS_URL", "https://secret", false}, "one of two is wrong": {"NATS_URL", "nats://a:4222,secret", false},
		"files": {"BLOB_URL", "", true}, "a bucket": {"BLOB_URL", "s3://key:secret@s3.example.af/documents?region=af", true},
		"no bucket": {"BLOB_URL", "s3://key:secret@s3.example.af", false}, "no host": {"BLOB_URL", "s3:///secret", false},
		"another store": {"BLOB_URL", "gs://secret/documents", false},
	} {
		_, err := Parse(map[string]string{tc.variable: tc.value})
		if tc.ok != (err == nil) || err != nil && (strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), tc.variable)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
