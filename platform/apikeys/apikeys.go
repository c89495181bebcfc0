// Package apikeys makes, lists, verifies and revokes the keys that a tenant's programs call the platform with.
package apikeys

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// Service is the API keys on one database. Safe for concurrent use.
type Service struct {
	db  *database.DB
	now func() time.Time
	log *slog.Logger

	uses uses
}

// New returns a Service on a migrated database.
func New(db *database.DB, now func() time.Time, log *slog.Logger) *Service {
	return &Service{db: db, now: now, log: log}
}

// Register adds the routes to mux. Only people manage keys.
func (s *Service) Register(mux *http.ServeMux, guard *access.Guard) {
	mux.Handle("GET /v1/api-keys", guard.RequireUser(s.list))
	mux.Handle("POST /v1/api-keys", guard.RequireUser(s.create))
	mux.Handle("DELETE /v1/api-keys/{keyId}", guard.RequireUser(s.revoke))
}

// maxBody bounds the body of a creation, in bytes.
const maxBody = 8 << 10

func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	keys, err := s.List(r.Context(), p.TenantID)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	problem.JSON(w, r, http.StatusOK, map[string][]portal.APIKey{"items": keys})
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	var body createBody
	if err := problem.Decode(w, r, maxBody, &body); err != nil {
		problem.Write(w, r, err)
		return
	}
	k, err := body.validate(s.now())
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	created, err := s.Create(r.Context(), p.TenantID, p.UserID, k)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	w.Header().Set("Location", "/v1/api-keys/"+created.KeyID)
	problem.JSON(w, r, http.StatusCreated, created)
}

func (s *Service) revoke(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	if err := s.Revoke(r.Context(), p.TenantID, r.PathValue("keyId")); err != nil {
		problem.Write(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// VerifyKey says which key raw is. It looks into the database each time, by an index: so a revocation counts from the
// next request on, whichever replica took it. It implements [access.KeyVerifier].
func (s *Service) VerifyKey(ctx context.Context, raw, clientIP string) (access.Principal, error) {
	if !wellFormed(raw) {
		return access.Principal{}, portal.Fail(portal.Unauthenticated, nil)
	}
	now := s.now()
	p, err := s.find(ctx, hashKey(raw), now)
	if portal.CodeOf(err) == portal.NotFound {
		return access.Principal{}, portal.Fail(portal.Unauthenticated, err)
	}
	if err != nil {
		return access.Principal{}, err
	}
	s.uses.note(p.KeyID, use{now, clientIP})
	return p, nil
}
