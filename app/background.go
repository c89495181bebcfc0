package app

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/database"
	"ghasi.io/portal/handlers/billing"
	"ghasi.io/portal/jobs"
	"ghasi.io/portal/store"
	"ghasi.io/portal/success/events"
)

// checkTimeout bounds the look for the bucket at start.
const checkTimeout = 10 * time.Second

// openDocuments opens the object store: the bucket of the settings, else a folder of ours, whose links objects serves.
func (a *App) openDocuments() (documents blob.Store, objects http.Handler, err error) {
	if a.cfg.BlobURL != "" {
		s3, err := blob.NewS3(a.cfg.BlobURL, a.now)
		if err != nil {
			return nil, nil, err
		}
		a.background = append(a.background, func(ctx context.Context) error { a.checkBucket(ctx, s3); return nil })
		return s3, nil, nil
	}
	key, err := keptSecret(a.cfg.DataDir, "objects.key")
	if err != nil {
		return nil, nil, fmt.Errorf("objects key: %w", err)
	}
	files, err := blob.NewFiles(filepath.Join(a.cfg.DataDir, "objects"), a.url, []byte(key), a.now, blob.Expired(billing.ExpiredObject),
		blob.OnFault(func(err error) { a.log.Error("document not served", "cause", err) }))
	if err != nil {
		return nil, nil, err
	}
	a.closers = append(a.closers, func() { _ = files.Close() })
	return files, files.Handler(), nil
}

// checkBucket warns of a bucket that is not there. The portal starts without: most of it needs no documents.
func (a *App) checkBucket(ctx context.Context, s3 *blob.S3) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := s3.Check(ctx); err != nil {
		a.log.WarnContext(ctx, "documents cannot be kept: BLOB_URL", "cause", err)
	}
}

// openBackground prepares what works beside the requests on the portal's own database: its jobs and the events' relay.
func (a *App) openBackground(ctx context.Context, db *database.DB, records *store.Store) error {
	if err := a.warnOfBypass(ctx, db); err != nil {
		return err
	}
	var err error
	if a.jobs, err = jobs.New(ctx, jobs.Options{DB: db, Now: a.now, Log: a.log, Drain: a.cfg.DrainTimeout / 2}); err != nil {
		return err
	}
	a.background = append(a.background, a.jobs.Run)
	a.relay, err = events.New(events.Options{
		Outbox: records, URL: a.cfg.NATSURL, Dir: filepath.Join(a.cfg.DataDir, "nats"), Now: a.now, Log: a.log,
	})
	return err
}

// warnOfBypass tells when the database's row policies do not hold for us: they are the second lock on staff's notes.
func (a *App) warnOfBypass(ctx context.Context, db *database.DB) error {
	bypasses, err := db.BypassesPolicies(ctx)
	if err == nil && bypasses {
		a.log.WarnContext(ctx, "DATABASE_URL signs in as a superuser or with BYPASSRLS: row-level security does not hold; "+
			"use a role with NOSUPERUSER NOBYPASSRLS")
	}
	return err
}

// runBackground starts all of it in g, but for the relay, which goes on after the others have ended: what they record last
// is published too. The caller calls stop then.
func (a *App) runBackground(ctx context.Context, g *errgroup.Group) (stop func() error) {
	for _, run := range a.background {
		g.Go(func() error { return run(ctx) })
	}
	if a.relay == nil {
		return func() error { return nil }
	}
	relayCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- a.relay.Run(relayCtx) }()
	return func() error {
		cancel()
		return <-ended
	}
}
