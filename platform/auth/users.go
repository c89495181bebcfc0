package auth

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// user is a row of users with its tenant's name.
type user struct {
	ID, TenantID, Tenant, Email, Name, Locale string
	Roles                                     []string
	passwordHash                              string
}

// CreateTenant adds a tenant and returns its id.
func CreateTenant(ctx context.Context, db bun.IDB, name string, now time.Time) (string, error) {
	id := portal.NewID("ten", now)
	_, err := db.ExecContext(ctx, "INSERT INTO tenants (id, name, created_at) VALUES (?, ?, ?)", id, name, now.UnixMicro())
	return id, database.Map(err)
}

// NewUser is an account to create. PasswordHash is from [HashPassword]; TenantID is empty for staff.
type NewUser struct {
	TenantID, Email, Name, Locale string
	Roles                         []string
	PasswordHash                  string
}

// CreateUser adds an account and returns its id. Errors: Conflict when the e-mail address is taken.
func CreateUser(ctx context.Context, db bun.IDB, u NewUser, now time.Time) (string, error) {
	id := portal.NewID("usr", now)
	_, err := db.ExecContext(ctx, `INSERT INTO users (id, tenant_id, email, name, locale, roles, password_hash, created_at)
		VALUES (?, NULLIF(?, ''), ?, ?, ?, ?, ?, ?)`,
		id, u.TenantID, foldEmail(u.Email), u.Name, u.Locale, strings.Join(u.Roles, " "), u.PasswordHash, now.UnixMicro())
	return id, database.Map(err)
}

// foldEmail makes one spelling of an address: people type capitals and spaces.
func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

const selectUser = `SELECT u.id, COALESCE(u.tenant_id, ''), COALESCE(t.name, ''), u.email, u.name, u.locale, u.roles, u.password_hash
	FROM users AS u LEFT JOIN tenants AS t ON t.id = u.tenant_id WHERE `

// findUser reads one account by where, a condition on u of one placeholder. Errors: NotFound.
func findUser(ctx context.Context, db bun.IDB, where, arg string) (user, error) {
	var u user
	var roles string
	err := db.QueryRowContext(ctx, selectUser+where, arg).
		Scan(&u.ID, &u.TenantID, &u.Tenant, &u.Email, &u.Name, &u.Locale, &roles, &u.passwordHash)
	if err != nil {
		return user{}, database.Map(err)
	}
	u.Roles = strings.Fields(roles)
	return u, nil
}

func userByEmail(ctx context.Context, db bun.IDB, email string) (user, error) {
	return findUser(ctx, db, "u.email = ?", foldEmail(email))
}

func userByID(ctx context.Context, db bun.IDB, id string) (user, error) {
	return findUser(ctx, db, "u.id = ?", id)
}
