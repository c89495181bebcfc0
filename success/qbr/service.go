package qbr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/jobs"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

const (
	kind = "qbr_export"
	// linkTTL is how long the link to a document works: long enough to click it, short enough to be no second copy.
	linkTTL  = 10 * time.Minute
	typePDF  = "application/pdf"
	tries    = 3
	perTry   = 45 * time.Second // the whole export is promised within a minute
	workers  = 2
	fetched  = 15 // percent of the progress bar
	stored   = 95
	maxDrawn = 90
)

// Platform is what an export needs of the platform's API.
type Platform interface {
	Tenants(ctx context.Context) ([]portal.Tenant, error)
	Analytics(ctx context.Context, tenantID, period string) (portal.Analytics, error)
}

// Records keeps the exports.
type Records interface {
	BeginQBR(ctx context.Context, q portal.QBR) (begun portal.QBR, fresh bool, err error)
	MoveQBR(ctx context.Context, qbrID string, percent int) error
	FinishQBR(ctx context.Context, q portal.QBR, e portal.Event) error
	FailQBR(ctx context.Context, qbrID string) error
	QBR(ctx context.Context, tenantID, qbrID string) (portal.QBR, error)
	QBRs(ctx context.Context, tenantID string) ([]portal.QBR, error)
	HealthScores(ctx context.Context, tenantID, from string) ([]portal.HealthScore, error)
}

// Options are what a Service needs. Nothing may be nil.
type Options struct {
	Platform Platform
	Records  Records
	Jobs     *jobs.Runner
	Blobs    blob.Store
	Keys     *Keys
	Bundle   *locales.Bundle
	Now      func() time.Time
	Log      *slog.Logger
}

// Service exports reviews. Safe for concurrent use; any number of replicas may run it on one database.
type Service struct{ Options }

// New registers the job that draws. Call it before the runner runs.
func New(o Options) *Service {
	s := &Service{o}
	jobs.Handle(o.Jobs, jobs.Kind[export]{Name: kind, Tries: tries, Timeout: perTry, Workers: workers, Work: s.work,
		Retry: func(int) time.Duration { return time.Second }})
	return s
}

// export is the job's argument.
type export struct {
	TenantID string `json:"tenantId"`
	QBRID    string `json:"qbrId"`
}

// Export begins a review of a quarter that has begun ("2026-Q1"), or returns the one that is under way. Whether the
// person may see the tenant is the caller's to decide. Errors: Invalid for period or locale.
func (s *Service) Export(ctx context.Context, by portal.Actor, tenantID, period, locale string) (portal.QBR, error) {
	start, _, ok := portal.Quarter(period)
	if !ok || start.After(s.Now()) {
		return portal.QBR{}, portal.InvalidField("period", "field.not_a_quarter")
	}
	if !slices.Contains(locales.Tags, locale) {
		return portal.QBR{}, portal.InvalidField("locale", "field.invalid")
	}
	q, fresh, err := s.Records.BeginQBR(ctx, portal.QBR{TenantID: tenantID, Period: period, Locale: locale, By: by})
	if err != nil {
		return portal.QBR{}, err
	}
	// One that is under way may have lost its process before the job went in: the job's name makes this harmless.
	if fresh || q.State == portal.QBRQueued {
		_, err = jobs.Put(ctx, s.Jobs, nil, kind, export{TenantID: tenantID, QBRID: q.QBRID}, jobs.Enqueue{Unique: q.QBRID})
	}
	return q, err
}

// Get returns one export of a tenant. Errors: NotFound.
func (s *Service) Get(ctx context.Context, tenantID, qbrID string) (portal.QBR, error) {
	if !portal.ValidID("qbr", qbrID) {
		return portal.QBR{}, portal.Fail(portal.NotFound, nil)
	}
	return s.Records.QBR(ctx, tenantID, qbrID)
}

// List returns a tenant's newest exports, newest first.
func (s *Service) List(ctx context.Context, tenantID string) ([]portal.QBR, error) {
	return s.Records.QBRs(ctx, tenantID)
}

// Link makes a link to the document of an export that is done. It works for ten minutes, without a session.
func (s *Service) Link(ctx context.Context, q portal.QBR, filename string) (portal.SignedURL, error) {
	if q.State != portal.QBRDone {
		return portal.SignedURL{}, portal.Fail(portal.Conflict, errors.New("the export has no document yet"))
	}
	url, expires, err := s.Blobs.SignedURL(ctx, q.Key, blob.SignOptions{Filename: filename, ContentType: typePDF, TTL: linkTTL, Inline: true})
	return portal.SignedURL{URL: url, ExpiresAt: expires}, err
}

// work is the job. A second run, after a crash, draws the same document under the same key.
func (s *Service) work(ctx context.Context, t *jobs.Task, args export) error {
	err := s.export(ctx, args)
	switch {
	case err == nil:
		return nil
	case t.Last || portal.CodeOf(err) == portal.Invalid || portal.CodeOf(err) == portal.NotFound:
		s.Log.ErrorContext(ctx, "a QBR export is given up", "qbr", args.QBRID, "tenant", args.TenantID, "error", err)
		return jobs.Cancel(errors.Join(err, s.Records.FailQBR(context.WithoutCancel(ctx), args.QBRID)))
	}
	return err
}

func (s *Service) export(ctx context.Context, args export) error {
	q, err := s.Records.QBR(ctx, args.TenantID, args.QBRID)
	if err != nil || q.State.Ended() {
		return err
	}
	move := func(percent int) {
		if err := s.Records.MoveQBR(ctx, q.QBRID, percent); err != nil {
			s.Log.WarnContext(ctx, "the progress of a QBR export is not kept", "qbr", q.QBRID, "error", err)
		}
	}
	move(1)
	review, err := s.review(ctx, q)
	if err != nil {
		return err
	}
	move(fetched)
	key, err := s.Keys.Key(ctx)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	in := review
	in.Printer = s.Bundle.Locale(q.Locale).Printer(s.Now(), "", "")
	document, err := Make(ctx, in, key, func(percent int) { move(fetched + percent*(maxDrawn-fetched)/100) })
	if err != nil {
		return fmt.Errorf("draw: %w", err)
	}
	sum := sha256.Sum256(document)
	q.Key, q.Size, q.SHA256 = "qbr/"+q.TenantID+"/"+q.QBRID+".pdf", int64(len(document)), hex.EncodeToString(sum[:])
	if err := s.Blobs.Put(ctx, q.Key, typePDF, bytes.NewReader(document), q.Size); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	move(stored)
	return s.Records.FinishQBR(ctx, q, portal.Event{
		Type: portal.EventQBRExported, TenantID: q.TenantID, Subject: "qbr/" + q.QBRID, Actor: q.By,
		Data: map[string]string{"period": q.Period, "locale": q.Locale, "sha256": q.SHA256},
	})
}

// review gathers what the document shows. What the period before was like, and how healthy the account is, are left out
// when they are not known.
func (s *Service) review(ctx context.Context, q portal.QBR) (Input, error) {
	tenants, err := s.Platform.Tenants(ctx)
	if err != nil {
		return Input{}, err
	}
	i := slices.IndexFunc(tenants, func(t portal.Tenant) bool { return t.TenantID == q.TenantID })
	if i < 0 {
		return Input{}, portal.Fail(portal.NotFound, errors.New("no such tenant"))
	}
	in := Input{Tenant: tenants[i]}
	if in.Analytics, err = s.Platform.Analytics(ctx, q.TenantID, q.Period); err != nil {
		return Input{}, err
	}
	period, err := Before(in.Analytics)
	if err != nil {
		return Input{}, err
	}
	before, err := s.Platform.Analytics(ctx, q.TenantID, period)
	switch {
	case err == nil:
		in.Before = &before
	case portal.CodeOf(err) != portal.Invalid: // a period before there was a platform
		return Input{}, err
	}
	scores, err := s.Records.HealthScores(ctx, q.TenantID, in.Analytics.Start)
	for _, score := range scores {
		if score.Day < in.Analytics.End && score.Known {
			in.Health = &score
		}
	}
	return in, err
}
