package billing

import (
	"context"
	"time"

	"ghasi.io/portal/jobs"
)

// drawKind is the job that draws up invoices.
const drawKind = "billing.draw_up"

type drawArgs struct{}

// Schedule makes r draw up invoices, a quarter after midnight in Kabul. On the first of a month that gives some; the other
// days find what was missed. Call it before r runs.
func (s *Service) Schedule(r *jobs.Runner) {
	jobs.Handle(r, jobs.Kind[drawArgs]{
		Name: drawKind, Tries: 20, Timeout: 10 * time.Minute,
		Work: func(ctx context.Context, _ *jobs.Task, _ drawArgs) error {
			drawn, err := s.DrawUp(ctx)
			if drawn > 0 {
				s.log.InfoContext(ctx, "invoices drawn up", "invoices", drawn)
			}
			return err
		},
	})
	jobs.Every(r, drawKind, drawKind, func(time.Time) (any, jobs.Enqueue) { return drawArgs{}, jobs.Enqueue{} }, jobs.Daily("00:15"))
}
