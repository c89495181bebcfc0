package health

import (
	"context"
	"time"

	"ghasi.io/portal/portal"
)

// slack is how many days before the wanted one a score still stands for it: a night without one must not hide a trend.
const slack = 3

// Trend is how a tenant's score has changed. Known says whether there is a latest score.
type Trend struct {
	Known    bool
	Latest   portal.HealthScore
	Change7  *int // against seven days before the latest; nil: there was no score
	Change30 *int
	Days     []portal.HealthScore // of up to ninety days, oldest first; those without a score are left out
}

// NewTrend reads a trend off scores, oldest first.
func NewTrend(scores []portal.HealthScore) Trend {
	var t Trend
	for _, s := range scores {
		if s.Known {
			t.Days = append(t.Days, s)
		}
	}
	if len(t.Days) == 0 {
		return t
	}
	t.Known, t.Latest = true, t.Days[len(t.Days)-1]
	t.Change7, t.Change30 = t.change(7), t.change(30)
	return t
}

func (t Trend) change(days int) *int {
	latest, err := time.Parse(time.DateOnly, t.Latest.Day)
	if err != nil {
		return nil
	}
	wanted, oldest := latest.AddDate(0, 0, -days).Format(time.DateOnly), latest.AddDate(0, 0, -days-slack).Format(time.DateOnly)
	for i := len(t.Days) - 1; i >= 0; i-- {
		if d := t.Days[i]; d.Day <= wanted {
			if d.Day < oldest {
				return nil
			}
			change := t.Latest.Score - d.Score
			return &change
		}
	}
	return nil
}

func (s *Service) since() string {
	return s.o.Now().In(kabul).AddDate(0, 0, -SeriesDays).Format(time.DateOnly)
}

// Trends returns every tenant's trend by its id, the scores without their components. A tenant without scores is
// missing.
func (s *Service) Trends(ctx context.Context) (map[string]Trend, error) {
	all, err := s.o.Records.AllHealthScores(ctx, s.since())
	if err != nil {
		return nil, err
	}
	trends := make(map[string]Trend, len(all))
	for id, scores := range all {
		trends[id] = NewTrend(scores)
	}
	return trends, nil
}

// Trend returns one tenant's trend, with the components of every score. When the latest day has too little known for a
// score, the second result is that day's, to say why.
func (s *Service) Trend(ctx context.Context, tenantID string) (Trend, portal.HealthScore, error) {
	scores, err := s.o.Records.HealthScores(ctx, tenantID, s.since())
	if err != nil || len(scores) == 0 {
		return Trend{}, portal.HealthScore{}, err
	}
	return NewTrend(scores), scores[len(scores)-1], nil
}
