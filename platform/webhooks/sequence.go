package webhooks

import (
	"sync"
	"time"

	"ghasi.io/portal/portal"
)

// digits are those of our ids, in order.
const digits = "0123456789abcdefghjkmnpqrstvwxyz"

// sequence makes ids that rise strictly, also within one millisecond, so that their order is that of their making.
type sequence struct {
	prefix string

	mu   sync.Mutex
	last string
}

func (s *sequence) next(now time.Time) string {
	id := portal.NewID(s.prefix, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if id <= s.last {
		id = successor(s.last)
	}
	s.last = id
	return id
}

// successor counts an id up by one.
func successor(id string) string {
	b := []byte(id)
	for i := len(b) - 1; b[i] != '_'; i-- {
		for d := range digits {
			if digits[d] != b[i] {
				continue
			}
			if d+1 < len(digits) {
				b[i] = digits[d+1]
				return string(b)
			}
			b[i] = digits[0]
			break
		}
	}
	return string(b)
}
