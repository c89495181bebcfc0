package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

// The roles that an account can have.
const (
	RoleTAM           = "tam"
	RolePlatformAdmin = "platform_admin"
)

const (
	minPassword = 12 // characters; NIST SP 800-63B asks for 8, an operator's command line can ask for more
	maxAnyName  = 120
)

// NewAccount is an account as an operator gives it. Tenant is a name, empty for staff; a tenant of that name is made
// when there is none.
type NewAccount struct {
	Tenant, Email, Name, Password, Locale string
	Roles                                 []string
}

// CreateAccount checks a and creates it. Errors: Invalid with the wrong fields; Conflict when the e-mail address is
// taken.
func (s *Service) CreateAccount(ctx context.Context, a NewAccount) error {
	a.Tenant, a.Name, a.Email = strings.TrimSpace(a.Tenant), strings.TrimSpace(a.Name), foldEmail(a.Email)
	if err := a.validate(); err != nil {
		return err
	}
	hash, now := HashPassword(a.Password), s.o.Now()
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var tenantID string
		if a.Tenant != "" {
			if err := s.db.LockTx(ctx, tx, "tenants"); err != nil {
				return err
			}
			err := tx.QueryRowContext(ctx, "SELECT id FROM tenants WHERE name = ? ORDER BY created_at LIMIT 1", a.Tenant).Scan(&tenantID)
			if errors.Is(err, sql.ErrNoRows) {
				tenantID, err = CreateTenant(ctx, tx, a.Tenant, now)
			}
			if err != nil {
				return err
			}
		}
		_, err := CreateUser(ctx, tx, NewUser{
			TenantID: tenantID, Email: a.Email, Name: a.Name, Locale: a.Locale, Roles: a.Roles, PasswordHash: hash,
		}, now)
		return err
	})
}

func (a NewAccount) validate() error {
	var wrong []portal.FieldError
	bad := func(field, key string, args ...any) {
		wrong = append(wrong, portal.FieldError{Field: field, Key: key, Args: args})
	}
	if addr, err := mail.ParseAddress(a.Email); err != nil || addr.Address != a.Email || len(a.Email) > maxEmail {
		bad("email", "field.invalid")
	}
	if n := utf8.RuneCountInString(a.Name); n == 0 {
		bad("name", "field.required")
	} else if n > maxAnyName {
		bad("name", "field.too_long", "max", maxAnyName)
	}
	if utf8.RuneCountInString(a.Tenant) > maxAnyName {
		bad("tenant", "field.too_long", "max", maxAnyName)
	}
	if utf8.RuneCountInString(a.Password) < minPassword {
		bad("password", "field.too_short", "min", minPassword)
	} else if len(a.Password) > maxPassword {
		bad("password", "field.too_long", "max", maxPassword)
	}
	if !slices.Contains(uiLocales, a.Locale) {
		bad("locale", "field.invalid")
	}
	for _, role := range a.Roles {
		if role != access.RoleCustomer && role != RoleTAM && role != RolePlatformAdmin {
			bad("role", "field.invalid")
		}
	}
	if slices.Contains(a.Roles, access.RoleCustomer) && a.Tenant == "" {
		bad("tenant", "field.required")
	}
	if len(wrong) > 0 {
		return &portal.Error{Code: portal.Invalid, Fields: wrong}
	}
	return nil
}
