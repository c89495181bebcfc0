package billing

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"

	"ghasi.io/portal/portal"
)

// lastMonth is after every month: where the first page begins.
const lastMonth = "9999-12"

// A cursor is a version, the month of the last invoice seen, and a sum that binds it to the tenant and the status, so that
// one of another list, or mistyped, is refused. It needs no key: it reaches nothing but the tenant's own list.
const (
	cursorVersion = 1
	sumSize       = 12
)

var cursorEncoding = base64.RawURLEncoding.Strict()

func encodeCursor(seen, tenantID string, status portal.InvoiceStatus) string {
	b := append([]byte{cursorVersion}, seen...)
	return cursorEncoding.EncodeToString(append(b, cursorSum(b, tenantID, status)...))
}

// decodeCursor returns the month of a cursor that [encodeCursor] made for the same tenant and status.
func decodeCursor(s, tenantID string, status portal.InvoiceStatus) (string, bool) {
	b, err := cursorEncoding.DecodeString(s)
	if err != nil || len(b) != 1+len(monthLayout)+sumSize || b[0] != cursorVersion {
		return "", false
	}
	payload := b[:len(b)-sumSize]
	seen := string(payload[1:])
	_, ok := parseMonth(seen)
	return seen, ok && bytes.Equal(b[len(payload):], cursorSum(payload, tenantID, status))
}

func cursorSum(payload []byte, tenantID string, status portal.InvoiceStatus) []byte {
	h := sha256.New()
	_, _ = h.Write(payload)
	_, _ = h.Write([]byte(tenantID + "\x00" + string(status)))
	return h.Sum(nil)[:sumSize]
}
