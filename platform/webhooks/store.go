package webhooks

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// maxHooks bounds the webhooks of a tenant.
const maxHooks = 20

// The codes of conflicts, beside "conflict" for a URL that is there already.
const (
	codeChanged     problem.CodeError = "webhook_changed"
	codeLimit       problem.CodeError = "webhook_limit"
	codeRotating    problem.CodeError = "webhook_rotating"
	codeNotRotating problem.CodeError = "webhook_not_rotating"
	codeInHand      problem.CodeError = "delivery_in_hand"
)

func conflict(code problem.CodeError, detail string) error {
	return &portal.Error{Code: portal.Conflict, Detail: detail, Err: code}
}

const hookColumns = "id, url, events, status, version, created_at, updated_at, failing_since, disabled_at, " +
	"rotated_at, old_ends_at, old_verified, checked_at, new_accepted"

// hooks returns the tenant's webhooks, oldest first, or one of them.
func (s *Service) hooks(ctx context.Context, tenant, id string) ([]portal.Webhook, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, "SELECT "+hookColumns+" FROM webhooks WHERE tenant_id = $1 AND deleted_at = 0 "+
		"AND ($2 = '' OR id = $2) ORDER BY id", tenant, id)
	if err != nil {
		return nil, database.Map(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	hooks := []portal.Webhook{}
	for rows.Next() {
		h, err := scanHook(rows, s.now())
		if err != nil {
			return nil, database.Map(err)
		}
		hooks = append(hooks, h)
	}
	if err := rows.Err(); err != nil {
		return nil, database.Map(err)
	}
	for i := range hooks {
		if err := s.addHealth(ctx, &hooks[i]); err != nil {
			return nil, database.Map(err)
		}
	}
	return hooks, nil
}

// hook returns one webhook. Errors: NotFound.
func (s *Service) hook(ctx context.Context, tenant, id string) (portal.Webhook, error) {
	hooks, err := s.hooks(ctx, tenant, id)
	if err == nil && len(hooks) == 0 {
		err = portal.Fail(portal.NotFound, nil)
	}
	if err != nil {
		return portal.Webhook{}, err
	}
	return hooks[0], nil
}

func scanHook(rows *sql.Rows, now time.Time) (portal.Webhook, error) {
	var h portal.Webhook
	var r portal.WebhookRotation
	var events string
	var created, updated, failing, disabled, rotated, ends, checked int64
	err := rows.Scan(&h.WebhookID, &h.URL, &events, &h.Status, &h.Version, &created, &updated, &failing, &disabled,
		&rotated, &ends, &r.OldVerified, &checked, &r.NewAccepted)
	h.Events = splitEvents(events)
	h.CreatedAt, h.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	h.FailingSince, h.DisabledAt = optional(failing), optional(disabled)
	if ends > now.UnixMicro() {
		r.StartedAt, r.EndsAt, r.CheckedAt = time.UnixMicro(rotated).UTC(), time.UnixMicro(ends).UTC(), optional(checked)
		h.Rotation = &r
	}
	return h, err
}

// addHealth adds what a webhook's deliveries say about it.
func (s *Service) addHealth(ctx context.Context, h *portal.Webhook) error {
	since := bucketOf(s.now().UnixMicro()) - day.Microseconds()
	err := s.db.Read.DB.QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(delivered), 0) AS BIGINT), CAST(COALESCE(SUM(failed), 0) AS BIGINT), "+
		"CAST(COALESCE(SUM(waiting), 0) AS BIGINT) FROM webhook_rollups WHERE webhook_id = $1 AND bucket > $2", h.WebhookID, since).
		Scan(&h.Last24h.Delivered, &h.Last24h.Failed, &h.Last24h.Waiting)
	if err != nil {
		return err
	}
	last, err := s.attemptList(ctx, h.WebhookID, "", "", 1)
	if err == nil && len(last) > 0 {
		h.LastAttempt = &last[0]
	}
	return err
}

// add makes a webhook and looks where it points.
func (s *Service) add(ctx context.Context, who access.Principal, c checked) (portal.SavedWebhook, error) {
	check, err := s.lookAt(ctx, c.url)
	if err != nil {
		return portal.SavedWebhook{}, err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	id, secret := portal.NewID("whk", now), newSecret()
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.db.LockTx(ctx, tx, "webhooks of "+who.TenantID); err != nil { // two creations must not both be the last
			return err
		}
		var n int
		err := tx.Tx.QueryRowContext(ctx, "SELECT count(*) FROM webhooks WHERE tenant_id = $1 AND deleted_at = 0", who.TenantID).Scan(&n)
		if err != nil {
			return err
		}
		if n >= maxHooks {
			return conflict(codeLimit, "A tenant can have 20 webhooks. Delete one first.")
		}
		_, err = tx.Tx.ExecContext(ctx, "INSERT INTO webhooks (id, tenant_id, url, events, status, created_by, created_at, updated_at, secret) "+
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
			id, who.TenantID, c.url, c.events, string(portal.WebhookActive), who.UserID, now.UnixMicro(), s.vault.seal(id, secret))
		return err
	})
	if err != nil {
		return portal.SavedWebhook{}, duplicate(err)
	}
	hook, err := s.hook(ctx, who.TenantID, id)
	return portal.SavedWebhook{Webhook: hook, SigningSecret: showSecret(secret), Check: check}, err
}

// lookAt looks where a new URL points, and refuses one that leads nowhere public. What it finds else does not keep the
// URL from being saved: the receiver may not be there yet.
func (s *Service) lookAt(ctx context.Context, raw string) (*portal.WebhookCheck, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, portal.InvalidField("url", "field.invalid_url")
	}
	check := s.look(ctx, u)
	if check.Verdict == verdictRefused {
		return nil, portal.InvalidField("url", "field.refused_address")
	}
	return &check, nil
}

// duplicate words the broken constraint of two webhooks with one URL.
func duplicate(err error) error {
	var e *portal.Error
	if errors.As(err, &e) && e.Code == portal.Conflict && e.Detail == "" {
		return &portal.Error{Code: portal.Conflict, Detail: "There is a webhook with this URL already.", Err: err}
	}
	return err
}

// update makes a change. A webhook that was disabled or paused and is made active starts afresh.
func (s *Service) update(ctx context.Context, tenant, id string, c checked) (portal.SavedWebhook, error) {
	before, err := s.hook(ctx, tenant, id)
	if err != nil {
		return portal.SavedWebhook{}, err
	}
	var check *portal.WebhookCheck
	if c.url != "" && c.url != before.URL {
		if check, err = s.lookAt(ctx, c.url); err != nil {
			return portal.SavedWebhook{}, err
		}
	}
	res, err := s.db.Write.DB.ExecContext(ctx, `UPDATE webhooks SET url = CASE WHEN $1 = '' THEN url ELSE $1 END,
		events = CASE WHEN $2 = '' THEN events ELSE $2 END, status = CASE WHEN $3 = '' THEN status ELSE $3 END,
		disabled_at = CASE WHEN $3 = '' THEN disabled_at ELSE 0 END,
		failing_since = CASE WHEN $3 = 'active' AND status <> 'active' OR $1 <> '' AND $1 <> url THEN 0 ELSE failing_since END,
		version = version + 1, updated_at = $4 WHERE id = $5 AND tenant_id = $6 AND deleted_at = 0 AND version = $7`,
		c.url, c.events, string(c.status), s.now().UnixMicro(), id, tenant, c.version)
	if err != nil {
		return portal.SavedWebhook{}, duplicate(database.Map(err))
	}
	hook, err := s.hook(ctx, tenant, id)
	if err != nil {
		return portal.SavedWebhook{}, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return portal.SavedWebhook{}, errors.Join(err, conflict(codeChanged, "Somebody has changed this webhook since you saw it."))
	}
	s.signal() // what waited may go now
	return portal.SavedWebhook{Webhook: hook, Check: check}, nil
}

// delete ends a webhook. Its deliveries and attempts are cleaned up later, a few at a time.
func (s *Service) delete(ctx context.Context, tenant, id string) error {
	res, err := s.db.Write.DB.ExecContext(ctx, "UPDATE webhooks SET deleted_at = $1, status = 'disabled' WHERE id = $2 AND tenant_id = $3 AND deleted_at = 0",
		s.now().UnixMicro(), id, tenant)
	return oneRow(res, err)
}

// oneRow is NotFound when a statement changed nothing.
func oneRow(res sql.Result, err error) error {
	if err != nil {
		return database.Map(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, portal.Fail(portal.NotFound, nil))
	}
	return nil
}
