package messages

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"ghasi.io/portal/portal"
)

// A cursor is a version, a position and a sum that binds them to the tenant and the filter. The sum needs no key: what a
// forged cursor could reach is a page of its own tenant's list, which the caller may read anyway. It is there to refuse
// a cursor that was taken from another list, cut or mistyped, instead of answering nonsense.
const (
	cursorVersion = 1
	cursorIDSize  = len("msg_") + 26
	cursorSumSize = 12
	cursorSize    = 1 + 8 + cursorIDSize + cursorSumSize
)

var cursorEncoding = base64.RawURLEncoding.Strict()

func encodeCursor(p position, f filter) string {
	b := make([]byte, 0, cursorSize)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(p.at)) //nolint:gosec // the bits, not the number
	b = append(b, p.id...)
	b = append(b, cursorSum(b, f)...)
	return cursorEncoding.EncodeToString(b)
}

// decodeCursor returns the position of a cursor that [encodeCursor] made for the same tenant and filter.
func decodeCursor(s string, f filter) (position, bool) {
	if len(s) != cursorEncoding.EncodedLen(cursorSize) {
		return position{}, false
	}
	b, err := cursorEncoding.DecodeString(s)
	if err != nil || b[0] != cursorVersion {
		return position{}, false
	}
	payload := b[:cursorSize-cursorSumSize]
	if !bytes.Equal(b[len(payload):], cursorSum(payload, f)) {
		return position{}, false
	}
	p := position{at: int64(binary.BigEndian.Uint64(payload[1:9])), id: string(payload[9:])} //nolint:gosec // see above
	return p, portal.ValidID("msg", p.id) && p.at < f.before && p.at >= f.after
}

// cursorSum covers the payload and everything that decides which list it is a position in. Its parts are written with
// their lengths or with fixed size, so that no two filters look alike.
func cursorSum(payload []byte, f filter) []byte {
	b := slices.Clone(payload)
	text := func(s string) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	text(f.tenant)
	b = binary.BigEndian.AppendUint64(b, uint64(f.after))  //nolint:gosec // the bits, not the number
	b = binary.BigEndian.AppendUint64(b, uint64(f.before)) //nolint:gosec // the same
	text(f.to)
	text(f.from)
	text(f.operator)
	for _, s := range f.statuses {
		text(string(s))
	}
	sum := sha256.Sum256(b)
	return sum[:cursorSumSize]
}
