package auth

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
)

// reuseGrace is how long a spent refresh token still gets the pair it was spent for, as long as nobody has used that
// pair: two tabs or replicas of the same client race, a thief comes later.
const reuseGrace = 10 * time.Second

// familyTTL bounds a sign-in however often it is refreshed: after it the person shows who they are again.
const familyTTL = 90 * 24 * time.Hour

// pair is an access token and the refresh token that gets the next pair.
type pair struct {
	access, refresh string
	expires         time.Time // of the access token
}

// storedRefresh is a row of refresh_tokens with its family's.
type storedRefresh struct {
	familyID, userID  string
	expiresAt         int64 // of the token or the family, whichever is earlier
	familyEnds        int64
	usedAt, revokedAt sql.NullInt64
	successor         sql.NullString
}

// rotate spends a refresh token for a new pair. A token that was spent before gets the same pair within the grace;
// later it revokes its whole family, because two parties hold it. Errors: errGrant.
func (s *Service) rotateRefresh(ctx context.Context, raw string, d device) (pair, error) {
	if !isSecret(raw) {
		return pair{}, errGrant
	}
	if err := s.followUpstream(ctx, raw); err != nil {
		return pair{}, err
	}
	var p pair
	var outcome error
	hash := hashSecret(raw)
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		p, outcome = pair{}, errGrant
		now := s.o.Now()
		t, err := s.lockRefresh(ctx, tx, hash)
		if err != nil || t == nil || t.revokedAt.Valid || now.UnixMicro() >= t.expiresAt {
			return err
		}
		if t.usedAt.Valid {
			p, outcome, err = s.replay(ctx, tx, hash, *t, now)
			return err
		}
		if p, err = s.spend(ctx, tx, hash, *t, d, now); err != nil {
			return err
		}
		// Before the commit, so that whoever waits for this row's lock finds it.
		s.grace.remember(hash, p, now.Add(reuseGrace))
		outcome = nil
		return nil
	})
	if err != nil {
		s.grace.drop(hash, p)
		return pair{}, err
	}
	if outcome != nil {
		s.live.reset() // it may have ended a session
	}
	return p, outcome
}

// lockRefresh reads a token and its family for update; nil when it is unknown.
func (s *Service) lockRefresh(ctx context.Context, tx bun.Tx, hash string) (*storedRefresh, error) {
	var t storedRefresh
	var created int64
	err := tx.QueryRowContext(ctx, `SELECT r.family_id, f.user_id, r.expires_at, f.created_at, r.used_at, f.revoked_at, r.successor_hash
		FROM refresh_tokens AS r JOIN token_families AS f ON f.id = r.family_id
		WHERE r.hash = ? AND f.client_id = ?`+s.db.ForUpdate(), hash, s.o.ClientID).
		Scan(&t.familyID, &t.userID, &t.expiresAt, &created, &t.usedAt, &t.revokedAt, &t.successor)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // absent is an answer here, and stays in this file
	}
	t.familyEnds = time.UnixMicro(created).Add(familyTTL).UnixMicro()
	t.expiresAt = min(t.expiresAt, t.familyEnds)
	return &t, err
}

// spend marks a fresh token as used and makes its successor.
func (s *Service) spend(ctx context.Context, tx bun.Tx, hash string, t storedRefresh, d device, now time.Time) (pair, error) {
	u, err := userByID(ctx, tx, t.userID) // again, because roles and names change
	if err != nil {
		return pair{}, err
	}
	raw := newSecret()
	_, err = tx.ExecContext(ctx, "UPDATE refresh_tokens SET used_at = ?, successor_hash = ? WHERE hash = ?",
		now.UnixMicro(), hashSecret(raw), hash)
	if err != nil {
		return pair{}, err
	}
	expires := min(now.Add(RefreshTTL).UnixMicro(), t.familyEnds)
	if err := insertRefresh(ctx, tx, raw, t.familyID, now, expires); err != nil {
		return pair{}, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE token_families SET expires_at = ?, last_used_at = ?, user_agent = ?, ip = ? WHERE id = ?",
		expires, now.UnixMicro(), d.agent, d.ip, t.familyID)
	if err != nil {
		return pair{}, err
	}
	token, err := s.accessToken(u, t.familyID, "")
	return pair{token, raw, now.Add(AccessTTL)}, err
}

// replay decides about a token that was spent before. Its error is the database's, outcome is what the caller is told.
func (s *Service) replay(ctx context.Context, tx bun.Tx, hash string, t storedRefresh, now time.Time) (p pair, outcome, err error) {
	var successorUsed sql.NullInt64
	err = tx.QueryRowContext(ctx, "SELECT used_at FROM refresh_tokens WHERE hash = ?", t.successor.String).Scan(&successorUsed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return pair{}, nil, err
	}
	unused := err == nil && !successorUsed.Valid
	if unused && now.Sub(time.UnixMicro(t.usedAt.Int64)) <= reuseGrace {
		if p, ok := s.grace.recall(hash, now); ok {
			return p, nil, nil
		}
		// Another replica made the successor, and only its memory has it. The rightful client has it too, so refusing
		// harms less than revoking.
		return pair{}, errGrant, nil
	}
	s.o.Log.WarnContext(ctx, "a spent refresh token was used again: its family is revoked", "family", t.familyID, "user", t.userID)
	return pair{}, errGrant, s.revokeFamily(ctx, tx, t.familyID, now)
}

// revoke ends the family of a refresh token, whichever of its tokens it is. An unknown one is no error.
func (s *Service) revoke(ctx context.Context, raw string) error {
	if !isSecret(raw) {
		return nil
	}
	defer s.live.reset()
	_, err := s.db.Write.ExecContext(ctx, `UPDATE token_families SET revoked_at = ?
		WHERE revoked_at IS NULL AND id = (SELECT family_id FROM refresh_tokens WHERE hash = ?)`, s.o.Now().UnixMicro(), hashSecret(raw))
	return database.Map(err)
}

func (s *Service) revokeFamily(ctx context.Context, tx bun.Tx, id string, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE token_families SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", now.UnixMicro(), id)
	return err
}

func insertRefresh(ctx context.Context, tx bun.Tx, raw, family string, now time.Time, expires int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO refresh_tokens (hash, family_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
		hashSecret(raw), family, now.UnixMicro(), expires)
	return err
}

// graceMemory keeps pairs for the grace, by the hash of the token they were given for. They are in memory only: the
// database never holds a token that works.
type graceMemory struct {
	mu    sync.Mutex
	pairs map[string]gracePair
}

type gracePair struct {
	pair
	until time.Time
}

func (g *graceMemory) remember(hash string, p pair, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pairs == nil {
		g.pairs = map[string]gracePair{}
	}
	g.pairs[hash] = gracePair{p, until}
}

func (g *graceMemory) recall(hash string, now time.Time) (pair, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.pairs[hash]
	return p.pair, ok && !now.After(p.until)
}

// drop forgets p, unless another attempt has replaced it.
func (g *graceMemory) drop(hash string, p pair) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pairs[hash].pair == p {
		delete(g.pairs, hash)
	}
}

func (g *graceMemory) forget(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for hash, p := range g.pairs {
		if now.After(p.until) {
			delete(g.pairs, hash)
		}
	}
}
