package webhooks

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

// overlaps are how long an old secret may go on signing, in seconds.
var overlaps = []int{0, 3600, 86400, 604800}

// newSigningSecret puts a new secret in the place of the old one, which signs beside it for the overlap. Errors:
// Conflict while an older one still does: three at once would be more than anybody can follow.
func (s *Service) newSigningSecret(ctx context.Context, tenant, id string, overlap int) (portal.RotatedWebhookSecret, error) {
	if !slices.Contains(overlaps, overlap) {
		return portal.RotatedWebhookSecret{}, portal.InvalidField("overlapSeconds", "field.out_of_range")
	}
	secret := newSecret()
	now := s.now().UTC().Truncate(time.Microsecond)
	ends := now.Add(time.Duration(overlap) * time.Second)
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var until int64
		err := tx.Tx.QueryRowContext(ctx, "SELECT old_ends_at FROM webhooks WHERE id = $1 AND tenant_id = $2 AND deleted_at = 0"+s.db.ForUpdate(),
			id, tenant).Scan(&until)
		if err != nil {
			return err
		}
		if until > now.UnixMicro() {
			return conflict(codeRotating, "An older secret still signs. Retire it first.")
		}
		_, err = tx.Tx.ExecContext(ctx, "UPDATE webhooks SET old_secret = secret, secret = $1, rotated_at = $2, old_ends_at = $3, "+
			"old_verified = 0, check_due_at = $2, checked_at = 0, new_accepted = 0 WHERE id = $4",
			s.vault.seal(id, secret), now.UnixMicro(), ends.UnixMicro(), id)
		return err
	})
	if err != nil {
		return portal.RotatedWebhookSecret{}, err
	}
	return portal.RotatedWebhookSecret{SigningSecret: showSecret(secret), OldEndsAt: ends}, nil
}

// retireOldSecret ends the old secret now. Errors: NotFound; Conflict when none signs any more.
func (s *Service) retireOldSecret(ctx context.Context, tenant, id string) error {
	res, err := s.db.Write.DB.ExecContext(ctx, "UPDATE webhooks SET old_secret = NULL, old_ends_at = 0 "+
		"WHERE id = $1 AND tenant_id = $2 AND deleted_at = 0 AND old_ends_at > $3", id, tenant, s.now().UnixMicro())
	err = oneRow(res, err)
	if portal.CodeOf(err) != portal.NotFound {
		return err
	}
	if _, err := s.hook(ctx, tenant, id); err != nil {
		return err
	}
	return conflict(codeNotRotating, "No older secret signs any more.")
}
