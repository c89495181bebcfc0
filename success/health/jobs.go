package health

import (
	"context"
	"time"

	"ghasi.io/portal/jobs"
)

// kind is the name of the job that makes scores.
const kind = "health.scores"

// nightly is when: after the day has ended in Kabul, before anybody works.
const nightly = "02:00"

// due says up to which day.
type due struct {
	Through string `json:"through"` // YYYY-MM-DD
}

// Schedule makes the scores every night, once however many replicas there are, and at the start of the first after an
// outage. Call it before r runs.
func (s *Service) Schedule(r *jobs.Runner) {
	jobs.Handle(r, jobs.Kind[due]{
		Name: kind, Timeout: 10 * time.Minute,
		Work: func(ctx context.Context, _ *jobs.Task, d due) error { return s.CatchUp(ctx, d.Through) },
	})
	jobs.Every(r, kind, kind, func(at time.Time) (any, jobs.Enqueue) {
		return due{at.In(kabul).AddDate(0, 0, -1).Format(time.DateOnly)}, jobs.Enqueue{}
	}, jobs.Daily(nightly))
}
