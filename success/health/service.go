package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ghasi.io/portal/portal"
)

const (
	windowDays = 30 // of messages and tickets
	npsDays    = 90
	// SeriesDays is how far back scores are made and shown.
	SeriesDays = 90
	saveBatch  = 30 // scores that are kept together, so that an interruption loses little
)

// kabul is where days begin; it has no summer time.
var kabul = time.FixedZone("Asia/Kabul", 4*3600+1800)

// Platform is what the scores need of the platform.
type Platform interface {
	Tenants(ctx context.Context) ([]portal.Tenant, error)
	Analytics(ctx context.Context, tenantID, period string) (portal.Analytics, error)
}

// Records is what the scores need of the store.
type Records interface {
	SaveHealthScores(ctx context.Context, scores []portal.HealthScore) error
	HealthScores(ctx context.Context, tenantID, from string) ([]portal.HealthScore, error)
	AllHealthScores(ctx context.Context, from string) (map[string][]portal.HealthScore, error)
	LastHealthDays(ctx context.Context) (map[string]string, error)
	NPS(ctx context.Context, tenantID string, from, until time.Time) (portal.NPS, error)
	ImportNPS(ctx context.Context, answers []portal.NPSAnswer) error
}

// Desk says when tickets were opened.
type Desk interface {
	OpenedSince(ctx context.Context, tenantID string, since time.Time) ([]time.Time, error)
}

// Options are what a Service needs. Desk may be nil: no support desk is connected. Weights may be nil: the defaults.
type Options struct {
	Platform Platform
	Records  Records
	Desk     Desk
	Weights  Weights
	Now      func() time.Time
	Log      *slog.Logger
	Demo     bool // give the demo's tenants survey answers before the first scores
}

// Service makes scores and reads them. Safe for concurrent use.
type Service struct{ o Options }

// New returns a Service.
func New(o Options) *Service {
	if o.Weights == nil {
		o.Weights = DefaultWeights
	}
	return &Service{o}
}

// Recompute makes a tenant's score of a day (YYYY-MM-DD in Kabul, today as far as it has come) anew and keeps it. Errors:
// Invalid for a day that is none or is to come, NotFound, Unavailable.
func (s *Service) Recompute(ctx context.Context, tenantID, day string) (portal.HealthScore, error) {
	at, err := time.ParseInLocation(time.DateOnly, day, kabul)
	if err != nil {
		return portal.HealthScore{}, portal.InvalidField("day", "field.not_a_time")
	}
	if at.After(s.o.Now()) {
		return portal.HealthScore{}, portal.InvalidField("day", "field.out_of_range")
	}
	score, err := s.compute(ctx, tenantID, at, s.opened(ctx, tenantID, at))
	if err != nil {
		return portal.HealthScore{}, err
	}
	return score, s.o.Records.SaveHealthScores(ctx, []portal.HealthScore{score})
}

// Today is the day in Kabul, as YYYY-MM-DD.
func (s *Service) Today() string { return s.o.Now().In(kabul).Format(time.DateOnly) }

// Yesterday is the last day that has ended.
func (s *Service) Yesterday() string {
	return s.o.Now().In(kabul).AddDate(0, 0, -1).Format(time.DateOnly)
}

// CatchUp makes the scores of every tenant that are missing up to a day, that day included: after an outage those of
// the days missed, for a new tenant those since it came, ninety at most. A tenant that fails does not keep the others
// from theirs; the error names all.
func (s *Service) CatchUp(ctx context.Context, through string) error {
	end, err := time.ParseInLocation(time.DateOnly, through, kabul)
	if err != nil {
		return portal.InvalidField("day", "field.not_a_time")
	}
	last, err := s.o.Records.LastHealthDays(ctx)
	if err != nil {
		return err
	}
	tenants, err := s.o.Platform.Tenants(ctx)
	if err != nil {
		return err
	}
	if s.o.Demo && len(last) == 0 {
		if err := s.seedDemo(ctx, tenants); err != nil {
			return err
		}
	}
	var errs []error
	for _, t := range tenants {
		from := end.AddDate(0, 0, 1-SeriesDays)
		if founded := midnight(t.CreatedAt); founded.After(from) {
			from = founded
		}
		if day, err := time.ParseInLocation(time.DateOnly, last[t.TenantID], kabul); err == nil && !day.Before(from) {
			from = day.AddDate(0, 0, 1)
		}
		if err := s.fill(ctx, t.TenantID, from, end); err != nil {
			errs = append(errs, fmt.Errorf("health of %s: %w", t.TenantID, err))
		}
	}
	return errors.Join(errs...)
}

// fill makes a tenant's scores from one day to another, both included.
func (s *Service) fill(ctx context.Context, tenantID string, from, end time.Time) error {
	if from.After(end) {
		return nil
	}
	tickets := s.opened(ctx, tenantID, from)
	var batch []portal.HealthScore
	for day := from; !day.After(end); day = day.AddDate(0, 0, 1) {
		score, err := s.compute(ctx, tenantID, day, tickets)
		if err != nil {
			return errors.Join(err, s.o.Records.SaveHealthScores(ctx, batch))
		}
		if batch = append(batch, score); len(batch) == saveBatch {
			if err := s.o.Records.SaveHealthScores(ctx, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	return s.o.Records.SaveHealthScores(ctx, batch)
}

// opened is what the desk says of a tenant's tickets, for scores from a day on.
type opened struct {
	times []time.Time
	gap   portal.HealthGap
}

func (s *Service) opened(ctx context.Context, tenantID string, from time.Time) opened {
	if s.o.Desk == nil {
		return opened{gap: portal.HealthAbsent}
	}
	times, err := s.o.Desk.OpenedSince(ctx, tenantID, from.AddDate(0, 0, 1-windowDays))
	if err != nil {
		s.o.Log.WarnContext(ctx, "health score without tickets", "tenant", tenantID, "err", err)
		return opened{gap: portal.HealthUnreachable}
	}
	return opened{times: times}
}

// compute makes the score of one day from the windows that end with it.
func (s *Service) compute(ctx context.Context, tenantID string, day time.Time, tickets opened) (portal.HealthScore, error) {
	start, end := day.AddDate(0, 0, 1-windowDays), day.AddDate(0, 0, 1)
	a, err := s.o.Platform.Analytics(ctx, tenantID, start.Format(time.DateOnly)+"/"+end.Format(time.DateOnly))
	if err != nil {
		return portal.HealthScore{}, err
	}
	nps, err := s.o.Records.NPS(ctx, tenantID, end.AddDate(0, 0, -npsDays), end)
	if err != nil {
		return portal.HealthScore{}, err
	}
	in := Inputs{
		Delivered: a.Totals.Delivered, Final: a.Totals.Final, Held: a.Totals.Held, Submitted: a.Totals.Submitted, Invoices: a.Invoices,
		TicketGap: tickets.gap, NPS: nps,
	}
	for _, t := range tickets.times {
		if !t.Before(start) && t.Before(end) {
			in.Tickets++
		}
	}
	score := Compute(in, s.o.Weights)
	score.TenantID, score.Day, score.ComputedAt = tenantID, day.Format(time.DateOnly), s.o.Now().UTC()
	return score, nil
}

// midnight is the beginning of t's day in Kabul.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(kabul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kabul)
}
