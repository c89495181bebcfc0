package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const (
	// upstreamEvery bounds how often a family makes us ask the provider whether its session lives.
	upstreamEvery = 5 * time.Minute
	followTimeout = 4 * time.Second // of asking, while somebody waits for a page
	endTimeout    = 3 * time.Second // of ending a session while somebody waits for the sign-out
	endAtOnce     = 50              // sessions ended in one turn of Run
)

// upstreamSession is a row of upstream_sessions.
type upstreamSession struct {
	id, subject, family, refresh string
	checked                      int64 // unix microseconds
}

// keepUpstream keeps the provider's refresh token beside our code, encrypted.
func (s *Service) keepUpstream(ctx context.Context, tx bun.Tx, subject, codeHash, refresh string) error {
	now := s.o.Now()
	id := portal.NewID("ups", now)
	_, err := tx.ExecContext(ctx, `INSERT INTO upstream_sessions
		(id, issuer, subject, code_hash, sealed, checked_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, s.broker.o.Issuer, subject, codeHash, conceal(s.broker.tokens, []byte(refresh), id), now.UnixMicro(),
		now.Add(RefreshTTL).UnixMicro())
	return database.Map(err)
}

// bindUpstream moves the provider's session from a code to the family that came of it.
func (s *Service) bindUpstream(ctx context.Context, tx bun.Tx, codeHash, family string) error {
	if s.broker == nil || family == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "UPDATE upstream_sessions SET family_id = ? WHERE code_hash = ?", family, codeHash)
	return database.Map(err)
}

// upstreamSessions reads the sessions that where picks; one that can't be decrypted has no refresh token.
func (s *Service) upstreamSessions(ctx context.Context, where string, args ...any) ([]upstreamSession, error) {
	args = append([]any{s.broker.o.Issuer}, args...)
	rows, err := s.db.Write.QueryContext(ctx, `SELECT u.id, u.subject, u.family_id, u.sealed, u.checked_at FROM upstream_sessions AS u
		LEFT JOIN token_families AS f ON f.id = u.family_id WHERE u.issuer = ? AND `+where, args...)
	if err != nil {
		return nil, database.Map(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var list []upstreamSession
	for rows.Next() {
		var u upstreamSession
		var sealed string
		if err := rows.Scan(&u.id, &u.subject, &u.family, &sealed, &u.checked); err != nil {
			return nil, err
		}
		if text, err := reveal(s.broker.tokens, sealed, u.id); err == nil {
			u.refresh = string(text)
		}
		list = append(list, u)
	}
	return list, database.Map(rows.Err())
}

// followUpstream asks the provider, before a refresh token is rotated, whether the session behind it still lives: who
// was locked out there must not stay here. Their roles are brought up to date on the way. It revokes the family of a
// session that has ended; a provider that can't be asked is asked again next time.
func (s *Service) followUpstream(ctx context.Context, raw string) error {
	if s.broker == nil || !isSecret(raw) {
		return nil
	}
	now := s.o.Now()
	list, err := s.upstreamSessions(ctx, `f.revoked_at IS NULL AND u.checked_at < ?
		AND u.family_id = (SELECT family_id FROM refresh_tokens WHERE hash = ?)`, now.Add(-upstreamEvery).UnixMicro(), hashSecret(raw))
	if err != nil || len(list) == 0 || list[0].refresh == "" {
		return err
	}
	u := list[0]
	// Whoever moves the mark asks; the others, on this replica or another, go on.
	res, err := s.db.Write.ExecContext(ctx, "UPDATE upstream_sessions SET checked_at = ? WHERE id = ? AND checked_at = ?",
		now.UnixMicro(), u.id, u.checked)
	if err != nil {
		return database.Map(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), followTimeout)
	defer cancel()
	err = s.renewUpstream(asking, u)
	var refused *refusal
	var account notSetUp
	switch {
	case errors.As(err, &refused) && refused.code == "invalid_grant", errors.As(err, &account), errors.Is(err, errIDToken):
		s.o.Log.InfoContext(ctx, "the session ended at the provider", "family", u.family, "cause", err)
		defer s.live.reset()
		return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.revokeFamily(ctx, tx, u.family, now) })
	case err != nil:
		s.o.Log.WarnContext(ctx, "the provider can't tell whether a session lives", "family", u.family, "cause", err)
	}
	return nil
}

// renewUpstream refreshes at the provider and takes over what it says.
func (s *Service) renewUpstream(ctx context.Context, u upstreamSession) error {
	m, err := s.broker.provider.discover(ctx)
	if err != nil {
		return err
	}
	fresh, err := s.broker.renew(ctx, m, u.refresh)
	if err != nil {
		return err
	}
	if fresh.RefreshToken != "" && fresh.RefreshToken != u.refresh {
		_, err := s.db.Write.ExecContext(ctx, "UPDATE upstream_sessions SET sealed = ? WHERE id = ?",
			conceal(s.broker.tokens, []byte(fresh.RefreshToken), u.id), u.id)
		if err != nil {
			return database.Map(err)
		}
	}
	if fresh.IDToken == "" { // OpenID Connect Core, section 12.2, lets it out
		return nil
	}
	id, err := s.broker.identify(ctx, m, fresh, "")
	if err != nil {
		return err
	}
	if id["sub"] != u.subject {
		return errIDToken
	}
	p, err := s.describe(ctx, m, fresh, id, "")
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := s.provision(ctx, tx, p)
		return err
	})
}

// endUpstream ends the provider's session behind a refresh token of ours that has been revoked. What can't be ended
// now is ended by Run.
func (s *Service) endUpstream(ctx context.Context, raw string) {
	if s.broker == nil || !isSecret(raw) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	list, err := s.upstreamSessions(ctx, `f.revoked_at IS NOT NULL
		AND u.family_id = (SELECT family_id FROM refresh_tokens WHERE hash = ?)`, hashSecret(raw))
	for _, u := range list {
		err = errors.Join(err, s.end(ctx, u))
	}
	if err != nil {
		s.o.Log.WarnContext(ctx, "the provider's session goes on for now", "cause", err)
	}
}

// endRevoked ends the sessions of all families that were revoked, by whatever way.
func (s *Service) endRevoked(ctx context.Context) error {
	if s.broker == nil {
		return nil
	}
	now := s.o.Now().UnixMicro()
	_, err := s.db.Write.ExecContext(ctx, "DELETE FROM upstream_sessions WHERE expires_at < ? OR (family_id IS NULL AND checked_at < ?)",
		now, s.o.Now().Add(-time.Hour).UnixMicro())
	if err != nil {
		return database.Map(err)
	}
	list, err := s.upstreamSessions(ctx, "u.family_id IS NOT NULL AND (f.id IS NULL OR f.revoked_at IS NOT NULL) LIMIT ?", endAtOnce)
	for _, u := range list {
		if err := s.end(ctx, u); err != nil { // down for one is down for all
			return err
		}
	}
	return err
}

// end tells the provider, by back channel: at Keycloak's logout endpoint, which takes a refresh token, or else by
// revoking that (RFC 7009).
func (s *Service) end(ctx context.Context, u upstreamSession) error {
	if u.refresh != "" {
		m, err := s.broker.provider.discover(ctx)
		if err != nil {
			return err
		}
		if err := s.broker.end(ctx, m, u.refresh); err != nil {
			return err
		}
	}
	_, err := s.db.Write.ExecContext(ctx, "DELETE FROM upstream_sessions WHERE id = ?", u.id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return database.Map(err)
}

func (b *broker) end(ctx context.Context, m metadata, refresh string) error {
	var refused *refusal
	if m.EndSessionEndpoint != "" {
		err := b.provider.form(ctx, m, m.EndSessionEndpoint, url.Values{"refresh_token": {refresh}}, nil)
		if !errors.As(err, &refused) {
			return err
		}
		if refused.code == "invalid_grant" { // it has ended by itself
			return nil
		}
	}
	if m.RevocationEndpoint != "" {
		err := b.provider.form(ctx, m, m.RevocationEndpoint, url.Values{"token": {refresh}, "token_type_hint": {"refresh_token"}}, nil)
		if !errors.As(err, &refused) {
			return err
		}
	}
	return nil // it knows no way; asking again won't change that
}
