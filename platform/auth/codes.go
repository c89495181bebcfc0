package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// errGrant means that a code or refresh token is unknown, spent, expired, revoked, or not this client's. Which of them
// is nobody's business.
var errGrant = errors.New("auth: the grant is not valid")

// newCode makes an authorization code for u.
func (s *Service) newCode(ctx context.Context, q authRequest, u user) (string, error) {
	return s.insertCode(ctx, s.db.Write, q, u)
}

func (s *Service) insertCode(ctx context.Context, db bun.IDB, q authRequest, u user) (string, error) {
	code := newSecret()
	_, err := db.ExecContext(ctx, `INSERT INTO auth_codes
		(hash, client_id, redirect_uri, user_id, nonce, code_challenge, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		hashSecret(code), s.o.ClientID, q.RedirectURI, u.ID, q.Nonce, q.Challenge, s.o.Now().Add(codeTTL).UnixMicro())
	return code, database.Map(err)
}

// storedCode is a row of auth_codes.
type storedCode struct {
	clientID, redirectURI, userID, nonce, challenge string
	expiresAt                                       int64
	usedAt                                          sql.NullInt64
	familyID                                        sql.NullString
}

// redeem trades a code for a pair, once. A second use revokes what the first one gave, because one of the two callers
// stole it (RFC 6749, section 4.1.2). A wrong verifier spends the code. Errors: errGrant.
func (s *Service) redeem(ctx context.Context, code, redirectURI, verifier string, d device) (pair, error) {
	defer s.live.reset() // it may have ended a session
	if !isSecret(code) || !isVerifier(verifier) {
		return pair{}, errGrant
	}
	var p pair
	var outcome error
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		p, outcome = pair{}, errGrant
		hash, now := hashSecret(code), s.o.Now()
		c, err := s.lockCode(ctx, tx, hash)
		if err != nil || c == nil {
			return err
		}
		if c.usedAt.Valid {
			return s.revokeFamily(ctx, tx, c.familyID.String, now) // outcome stays errGrant, the revocation is committed
		}
		var family string
		if now.UnixMicro() < c.expiresAt && c.clientID == s.o.ClientID && c.redirectURI == redirectURI && proves(verifier, c.challenge) {
			u, err := userByID(ctx, tx, c.userID)
			if err != nil {
				return err
			}
			if p, family, err = s.newFamily(ctx, tx, u, c.nonce, d, now); err != nil {
				return err
			}
			outcome = nil
		}
		_, err = tx.ExecContext(ctx, "UPDATE auth_codes SET used_at = ?, family_id = NULLIF(?, '') WHERE hash = ?",
			now.UnixMicro(), family, hash)
		if err != nil {
			return err
		}
		return s.bindUpstream(ctx, tx, hash, family)
	})
	if err != nil {
		return pair{}, err
	}
	return p, outcome
}

// lockCode reads a code for update; nil when it is unknown.
func (s *Service) lockCode(ctx context.Context, tx bun.Tx, hash string) (*storedCode, error) {
	var c storedCode
	err := tx.QueryRowContext(ctx, `SELECT client_id, redirect_uri, user_id, nonce, code_challenge, expires_at, used_at, family_id
		FROM auth_codes WHERE hash = ?`+s.db.ForUpdate(), hash).
		Scan(&c.clientID, &c.redirectURI, &c.userID, &c.nonce, &c.challenge, &c.expiresAt, &c.usedAt, &c.familyID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // absent is an answer here, and stays in this file
	}
	return &c, err
}

// isVerifier reports whether v has the shape of a code_verifier (RFC 7636, section 4.1).
func isVerifier(v string) bool {
	if len(v) < 43 || len(v) > 128 {
		return false
	}
	for i := range len(v) {
		c := v[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~') {
			return false
		}
	}
	return true
}

// proves reports whether challenge was made of verifier by S256.
func proves(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	got := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(got), []byte(challenge)) == 1
}

// newFamily starts the tokens of one sign-in, and returns the family's id as well.
func (s *Service) newFamily(ctx context.Context, tx bun.Tx, u user, nonce string, d device, now time.Time) (pair, string, error) {
	id, raw := portal.NewID("sid", now), newSecret()
	expires := now.Add(RefreshTTL).UnixMicro()
	_, err := tx.ExecContext(ctx, `INSERT INTO token_families
		(id, user_id, client_id, created_at, expires_at, last_used_at, user_agent, ip) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		id, u.ID, s.o.ClientID, now.UnixMicro(), expires, now.UnixMicro(), d.agent, d.ip)
	if err != nil {
		return pair{}, "", err
	}
	if err := insertRefresh(ctx, tx, raw, id, now, expires); err != nil {
		return pair{}, "", err
	}
	token, err := s.accessToken(u, id, nonce)
	return pair{token, raw, now.Add(AccessTTL)}, id, err
}
