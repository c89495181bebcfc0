package jobs

import (
	"context"
	"fmt"
	"time"
)

// kabul has no summer time.
var kabul = time.FixedZone("Asia/Kabul", 4*3600+1800)

// look is how often the schedules are looked at.
const look = time.Second

// Schedule says when something is due again. Its times are the same on every replica.
type Schedule struct {
	interval time.Duration // 0 = daily
	at       time.Duration // after midnight
}

// Daily is once a day at "HH:MM" in Kabul. It panics on anything else, which is a fault of the code.
func Daily(at string) Schedule {
	t, err := time.Parse("15:04", at)
	if err != nil {
		panic("jobs: " + err.Error())
	}
	return Schedule{at: time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute}
}

// Interval is every d (a second or more), counted from the same moment everywhere.
func Interval(d time.Duration) Schedule {
	if d < time.Second {
		panic("jobs: an interval below a second")
	}
	return Schedule{interval: d}
}

// last is the latest due time that is not after now.
func (s Schedule) last(now time.Time) time.Time {
	if s.interval > 0 {
		return now.Truncate(s.interval)
	}
	local := now.In(kabul)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, kabul)
	due := midnight.Add(s.at)
	if due.After(now) {
		due = due.AddDate(0, 0, -1)
	}
	return due
}

// period is how long it is due for: after that comes the next.
func (s Schedule) period() time.Duration {
	if s.interval > 0 {
		return s.interval
	}
	return 24 * time.Hour
}

type schedule struct {
	name, kind string
	when       Schedule
	args       func(due time.Time) (any, Enqueue)
}

// Every puts in a job of the kind each time that when is due, once however many replicas there are. What was due while
// every replica was down is put in when one starts: the latest alone. args is given the time it was due. Unless the
// Enqueue names the job otherwise, its name is the schedule's name and that time. Call it before [Runner.Run].
func Every(r *Runner, name, kind string, args func(due time.Time) (any, Enqueue), when Schedule) {
	r.schedules = append(r.schedules, schedule{name: name, kind: kind, args: args, when: when})
}

// keepSchedules looks at every schedule until ctx ends. Which times are done stands in the database, so that a start and
// another replica find it there; put is only this replica's memory of it.
func (r *Runner) keepSchedules(ctx context.Context) error {
	put := make([]time.Time, len(r.schedules))
	var forgotten time.Time
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		now := r.o.Now()
		for i, s := range r.schedules {
			due := s.when.last(now)
			if due.Equal(put[i]) {
				continue
			}
			if err := r.putDue(ctx, s, due); err != nil {
				if ctx.Err() == nil {
					r.o.Log.WarnContext(ctx, "scheduled job not put in, to be tried again", "schedule", s.name, "cause", err)
				}
				continue
			}
			put[i] = due
		}
		if now.Sub(forgotten) > time.Hour {
			if err := r.forget(ctx); err != nil && ctx.Err() == nil {
				r.o.Log.WarnContext(ctx, "old job names stay", "cause", err)
			}
			forgotten = now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

func (r *Runner) putDue(ctx context.Context, s schedule, due time.Time) error {
	args, e := s.args(due)
	if e.Unique == "" {
		e.Unique = fmt.Sprintf("%s@%d", s.name, due.Unix())
		e.UniqueFor = 2 * s.when.period()
	}
	_, err := Put(ctx, r, nil, s.kind, args, e)
	return err
}
