package seed

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	staffside "ghasi.io/portal/platform/tenants" // the demo has tenants of its own
)

// assignedTenants is how many tenants, from the first on, the demo's account manager looks after: not all, so that the
// difference from an administrator shows.
const assignedTenants = 2

// assign gives userID the first tenants, each two weeks after the one before.
func assign(ctx context.Context, tx bun.Tx, userID string, tenantIDs []string, now time.Time) error {
	for i, id := range tenantIDs[:min(assignedTenants, len(tenantIDs))] {
		if err := staffside.AddAssignment(ctx, tx, userID, id, now.AddDate(0, 0, 14*i-historyDays+1)); err != nil {
			return err
		}
	}
	return nil
}
