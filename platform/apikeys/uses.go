package apikeys

import (
	"context"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// flushEvery is how often uses are written: at most one write a key and minute, however busy the key is.
const flushEvery = time.Minute

// use is the last time a key was used, and from where.
type use struct {
	at time.Time
	ip string
}

// uses keeps the uses that are not written yet.
type uses struct {
	mu      sync.Mutex
	pending map[string]use // by key id
}

func (u *uses) note(keyID string, x use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pending == nil {
		u.pending = map[string]use{}
	}
	if x.at.After(u.pending[keyID].at) {
		u.pending[keyID] = x
	}
}

func (u *uses) last(keyID string) (use, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	x, ok := u.pending[keyID]
	return x, ok
}

// take empties the pending uses into the caller's hands.
func (u *uses) take() map[string]use {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.pending
	u.pending = nil
	return taken
}

// Run writes uses until ctx ends. [Service.Flush] then writes the rest.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "uses of API keys not written, trying again later", "error", err)
			}
		}
	}
}

// Flush writes the pending uses. What cannot be written stays pending.
func (s *Service) Flush(ctx context.Context) error {
	taken := s.uses.take()
	if len(taken) == 0 {
		return nil
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for id, x := range taken {
			_, err := tx.ExecContext(ctx, `UPDATE api_keys SET last_used_at = ?, last_used_ip = NULLIF(?, '')
				WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)`, x.at.UnixMicro(), x.ip, id, x.at.UnixMicro())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for id, x := range taken {
			s.uses.note(id, x)
		}
	}
	return err
}
