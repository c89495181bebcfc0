package tenants

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/auth"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// assignments answers GET /v1/internal/tam-assignments?userId=.
func (s *Service) assignments(w http.ResponseWriter, r *http.Request) {
	query, err := parameters(r, "userId")
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	userID := query.Get("userId")
	if query.Has("userId") && !portal.ValidID("usr", userID) {
		problem.Write(w, r, portal.InvalidField("userId", "field.invalid"))
		return
	}
	list, err := s.assigned(r.Context(), userID)
	if err != nil {
		problem.Write(w, r, database.Map(err))
		return
	}
	problem.JSON(w, r, http.StatusOK, items[portal.TAMAssignment]{list})
}

// assigned lists the assignments of one person, or all when userID is empty. People who have lost the role keep none.
func (s *Service) assigned(ctx context.Context, userID string) ([]portal.TAMAssignment, error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT a.user_id, u.email, u.name, u.roles, a.tenant_id, a.assigned_at
		FROM tam_tenant_assignments AS a JOIN users AS u ON u.id = a.user_id
		WHERE a.user_id = ? OR ? = '' ORDER BY u.email, a.assigned_at, a.tenant_id`, userID, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	list := []portal.TAMAssignment{}
	for rows.Next() {
		var a portal.TAMAssignment
		var roles string
		var at int64
		if err := rows.Scan(&a.UserID, &a.Email, &a.Name, &roles, &a.TenantID, &at); err != nil {
			return nil, err
		}
		if !slices.Contains(strings.Fields(roles), auth.RoleTAM) {
			continue
		}
		a.AssignedAt = time.UnixMicro(at).UTC()
		list = append(list, a)
	}
	return list, rows.Err()
}

// Assign lets the person of an e-mail address look after a tenant, which is named by its id or its name. Assigning twice
// is no error. Errors: NotFound when there is no such person or tenant, Conflict when several tenants have the name,
// Forbidden when the person is no technical account manager.
func (s *Service) Assign(ctx context.Context, email, tenant string) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		user, id, err := find(ctx, tx, email, tenant)
		if err != nil {
			return err
		}
		return AddAssignment(ctx, tx, user, id, s.now())
	})
}

// Unassign takes it back. Errors as for [Service.Assign]; NotFound also when there was no such assignment.
func (s *Service) Unassign(ctx context.Context, email, tenant string) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		user, id, err := find(ctx, tx, email, tenant)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, "DELETE FROM tam_tenant_assignments WHERE user_id = ? AND tenant_id = ?", user, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return portal.Fail(portal.NotFound, errors.Join(err, errors.New("the person is not assigned to the tenant")))
		}
		return nil
	})
}

// AddAssignment writes an assignment of known ids.
func AddAssignment(ctx context.Context, tx bun.Tx, userID, tenantID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO tam_tenant_assignments (user_id, tenant_id, assigned_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		userID, tenantID, now.UnixMicro())
	return database.Map(err)
}

// find looks up both sides of an assignment.
func find(ctx context.Context, tx bun.Tx, email, tenant string) (userID, tenantID string, err error) {
	var roles string
	err = tx.QueryRowContext(ctx, "SELECT id, roles FROM users WHERE email = ?", strings.ToLower(strings.TrimSpace(email))).Scan(&userID, &roles)
	if err = database.Map(err); err != nil {
		return "", "", fmt.Errorf("find person: %w", err)
	}
	if !slices.Contains(strings.Fields(roles), auth.RoleTAM) {
		return "", "", portal.Fail(portal.Forbidden, errors.New("the person does not have the role tam"))
	}
	var ids []string
	err = tx.NewRaw("SELECT id FROM tenants WHERE id = ? OR name = ? ORDER BY id LIMIT 2", tenant, strings.TrimSpace(tenant)).Scan(ctx, &ids)
	switch {
	case err != nil:
		return "", "", database.Map(err)
	case len(ids) == 0:
		return "", "", portal.Fail(portal.NotFound, errors.New("there is no such tenant"))
	case len(ids) > 1:
		return "", "", portal.Fail(portal.Conflict, errors.New("several tenants have this name: give the id"))
	}
	return userID, ids[0], nil
}
