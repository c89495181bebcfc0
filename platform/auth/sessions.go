package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"sync"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

const (
	maxSessions = 100 // of one person, in a list
	// liveFor is how long a session is believed to be live before the database is asked again: an access token of a
	// session that another replica has ended works no longer than this.
	liveFor       = 5 * time.Second
	maxLive       = 10_000
	paramSession  = "sessionId"
	exceptCurrent = "exceptCurrent"
)

// RegisterSessions adds the routes by which people see and end their sessions.
func (s *Service) RegisterSessions(mux *http.ServeMux, guard *access.Guard) {
	mux.Handle("GET /v1/auth/sessions", guard.RequirePerson(s.listSessions))
	mux.Handle("DELETE /v1/auth/sessions", guard.RequirePerson(s.endSessions))
	mux.Handle("DELETE /v1/auth/sessions/{"+paramSession+"}", guard.RequirePerson(s.endSession))
}

func (s *Service) listSessions(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	items, err := s.sessions(r.Context(), p)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	problem.JSON(w, r, http.StatusOK, map[string]any{"items": items})
}

// sessions lists p's sessions, the current one first, then the one used last.
func (s *Service) sessions(ctx context.Context, p access.Principal) ([]portal.Session, error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT id, created_at, last_used_at, user_agent, ip FROM token_families
		WHERE user_id = ? AND client_id = ? AND revoked_at IS NULL AND expires_at > ?
		ORDER BY CASE WHEN id = ? THEN 0 ELSE 1 END, last_used_at DESC, id DESC LIMIT ?`,
		p.UserID, s.o.ClientID, s.o.Now().UnixMicro(), p.SessionID, maxSessions)
	if err != nil {
		return nil, database.Map(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	items := []portal.Session{}
	for rows.Next() {
		var x portal.Session
		var created, used int64
		if err := rows.Scan(&x.SessionID, &created, &used, &x.UserAgent, &x.IP); err != nil {
			return nil, err
		}
		x.CreatedAt, x.LastUsedAt = time.UnixMicro(created).UTC(), time.UnixMicro(used).UTC()
		x.Current = x.SessionID == p.SessionID
		items = append(items, x)
	}
	return items, database.Map(rows.Err())
}

func (s *Service) endSession(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	n, err := s.revokeSessions(r.Context(), "user_id = ? AND id = ?", p.UserID, r.PathValue(paramSession))
	if err == nil && n == 0 { // unknown, somebody else's, or ended before
		err = portal.Fail(portal.NotFound, nil)
	}
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Service) endSessions(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	keep := ""
	switch r.URL.Query().Get(exceptCurrent) {
	case "", "false":
	case "true":
		keep = p.SessionID
	default:
		problem.Write(w, r, portal.InvalidField(exceptCurrent, "field.invalid"))
		return
	}
	if _, err := s.revokeSessions(r.Context(), "user_id = ? AND id <> ?", p.UserID, keep); err != nil {
		problem.Write(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// revokeSessions ends the live sessions that where matches, and returns how many those were.
func (s *Service) revokeSessions(ctx context.Context, where string, args ...any) (int64, error) {
	defer s.live.reset()
	args = append([]any{s.o.Now().UnixMicro()}, args...)
	res, err := s.db.Write.ExecContext(ctx, "UPDATE token_families SET revoked_at = ? WHERE revoked_at IS NULL AND "+where, args...)
	if err != nil {
		return 0, database.Map(err)
	}
	return res.RowsAffected()
}

// liveSessions remembers which sessions were live a moment ago.
type liveSessions struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// reset makes every session be looked up again, since some have been ended.
func (l *liveSessions) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = nil
}

func (l *liveSessions) knows(id string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.until[id])
}

func (l *liveSessions) remember(id string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil || len(l.until) >= maxLive {
		l.until = map[string]time.Time{}
	}
	l.until[id] = until
}

// checkLive fails with Unauthenticated when the session sid has been ended.
func (s *Service) checkLive(ctx context.Context, sid string) error {
	now := s.o.Now()
	if s.live.knows(sid, now) {
		return nil
	}
	var live bool
	err := s.db.Read.QueryRowContext(ctx, "SELECT revoked_at IS NULL FROM token_families WHERE id = ?", sid).Scan(&live)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && !live:
		return &portal.Error{Code: portal.Unauthenticated, Detail: "The session has ended. Sign in again."}
	case err != nil:
		return database.Map(err)
	}
	s.live.remember(sid, now.Add(liveFor))
	return nil
}
