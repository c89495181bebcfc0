package health

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"ghasi.io/portal/portal"
)

//go:embed demo.json
var demoJSON []byte

// demoAnswer is what somebody at a demo tenant answered, days after the tenant came. The person is nobody who can sign
// in: those are still asked.
type demoAnswer struct {
	Person  string  `json:"person"`
	Day     float64 `json:"day"`
	Score   int     `json:"score"`
	Comment string  `json:"comment"`
}

// seedDemo gives the demo's tenants answers to the survey.
func (s *Service) seedDemo(ctx context.Context, tenants []portal.Tenant) error {
	var all map[string][]demoAnswer // by the tenant's name
	if err := json.Unmarshal(demoJSON, &all); err != nil {
		return fmt.Errorf("read the demo's survey: %w", err)
	}
	var answers []portal.NPSAnswer
	for _, t := range tenants {
		for _, a := range all[t.Name] {
			at := t.CreatedAt.Add(time.Duration(a.Day * 24 * float64(time.Hour)))
			if at.After(s.o.Now()) {
				continue
			}
			answers = append(answers, portal.NPSAnswer{
				TenantID: t.TenantID, UserID: a.Person, Quarter: portal.QuarterOf(at), Score: a.Score, Comment: a.Comment, AnsweredAt: at,
			})
		}
	}
	return s.o.Records.ImportNPS(ctx, answers)
}
