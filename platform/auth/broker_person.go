package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/mail"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

// notSetUp tells, in words for the person's administrator, why an account that the provider knows can't be used here.
type notSetUp string

func (n notSetUp) Error() string { return "auth: " + string(n) }

// person is somebody as the provider describes them.
type person struct {
	Subject, Email, Name, Locale, Tenant string
	EmailVerified                        bool
	Roles                                []string
}

// personOf reads the claims. Errors: notSetUp.
func (b *broker) personOf(sources []map[string]any, locale string) (person, error) {
	text := func(claim string) string {
		v := find(sources, claim)
		if list, ok := v.([]any); ok && len(list) == 1 { // Keycloak's multivalued attributes
			v = list[0]
		}
		s, _ := v.(string)
		return strings.TrimSpace(s)
	}
	p := person{
		Subject: text("sub"), Email: foldEmail(text(b.o.EmailClaim)), Name: cut(text(b.o.NameClaim), maxAnyName),
		Tenant: text(b.o.TenantClaim), Locale: nearestLocale(text(b.o.LocaleClaim)), Roles: rolesOf(find(sources, b.o.RolesClaim)),
	}
	p.EmailVerified, _ = find(sources, "email_verified").(bool)
	if p.Name == "" {
		p.Name, _, _ = strings.Cut(p.Email, "@")
	}
	if p.Locale == "" {
		p.Locale = locale
	}
	addr, err := mail.ParseAddress(p.Email)
	switch {
	case err != nil || addr.Address != p.Email || len(p.Email) > maxEmail:
		return person{}, notSetUp("The account has no usable e-mail address (claim " + b.o.EmailClaim + ").")
	case p.Tenant == "" && slices.Contains(p.Roles, access.RoleCustomer):
		return person{}, notSetUp("The account belongs to no organisation (claim " + b.o.TenantClaim + " is missing).")
	case len(p.Tenant) > maxAnyName || strings.ContainsFunc(p.Tenant, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return person{}, notSetUp("The claim " + b.o.TenantClaim + " of the account is not usable.")
	}
	return p, nil
}

// rolesOf keeps those of a claim's values that are roles here: a list, or names with spaces between them.
func rolesOf(claim any) []string {
	var names []string
	switch v := claim.(type) {
	case string:
		names = strings.Fields(strings.ReplaceAll(v, ",", " "))
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				names = append(names, s)
			}
		}
	}
	var roles []string
	for _, known := range []string{access.RoleCustomer, RoleTAM, RolePlatformAdmin} {
		if slices.Contains(names, known) {
			roles = append(roles, known)
		}
	}
	return roles
}

// nearestLocale returns the supported language that tag asks for; "" when there is none.
func nearestLocale(tag string) string {
	if exact := wantedLocale(tag); exact != "" {
		return exact
	}
	language, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	switch strings.ToLower(language) {
	case "fa", "prs":
		return "fa-AF"
	case "":
		return ""
	}
	return wantedLocale(strings.ToLower(language))
}

// provision finds or makes the account of p and brings it up to date: the provider knows best. Errors: notSetUp.
func (s *Service) provision(ctx context.Context, tx bun.Tx, p person) (user, error) {
	issuer, now := s.broker.o.Issuer, s.o.Now()
	if err := s.db.LockTx(ctx, tx, "identities"); err != nil { // a person's first two sign-ins may come together
		return user{}, err
	}
	tenant, err := s.tenantOf(ctx, tx, p.Tenant)
	if err != nil {
		return user{}, err
	}
	var id string
	err = tx.QueryRowContext(ctx, "SELECT user_id FROM user_identities WHERE issuer = ? AND subject = ?", issuer, p.Subject).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return user{}, database.Map(err)
	}
	other, err := userByEmail(ctx, tx, p.Email)
	if err != nil && portal.CodeOf(err) != portal.NotFound {
		return user{}, err
	}
	// An address that the provider has not verified must not open somebody else's account.
	taken := other.ID != "" && other.ID != id
	switch {
	case taken && (id != "" || !p.EmailVerified || other.TenantID != tenant):
		return user{}, notSetUp("Another account here has the same e-mail address.")
	case id == "" && taken:
		id = other.ID
	case id == "":
		id, err = CreateUser(ctx, tx, NewUser{TenantID: tenant, Email: p.Email, Name: p.Name, Locale: p.Locale, Roles: p.Roles}, now)
		if err != nil {
			return user{}, err
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO user_identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (issuer, subject) DO NOTHING`, issuer, p.Subject, id, now.UnixMicro())
	if err != nil {
		return user{}, database.Map(err)
	}
	_, err = tx.ExecContext(ctx, "UPDATE users SET tenant_id = NULLIF(?, ''), email = ?, name = ?, locale = COALESCE(NULLIF(?, ''), locale), roles = ? WHERE id = ?",
		tenant, p.Email, p.Name, p.Locale, strings.Join(p.Roles, " "), id)
	if err != nil {
		return user{}, database.Map(err)
	}
	return userByID(ctx, tx, id)
}

// tenantOf returns our tenant for the provider's name of it: the one that it was bound to, else the one with that id,
// else the only one of that name. The answer is bound, so that a later change of name moves nobody.
func (s *Service) tenantOf(ctx context.Context, tx bun.Tx, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	issuer, now := s.broker.o.Issuer, s.o.Now()
	var ids []string
	err := tx.NewRaw("SELECT tenant_id FROM tenant_identity_providers WHERE issuer = ? AND tenant_key = ?", issuer, key).Scan(ctx, &ids)
	if err == nil && len(ids) == 0 {
		err = tx.NewRaw("SELECT id FROM tenants WHERE id = ?", key).Scan(ctx, &ids)
	}
	if err == nil && len(ids) == 0 {
		err = tx.NewRaw("SELECT id FROM tenants WHERE name = ? ORDER BY id LIMIT 2", key).Scan(ctx, &ids)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", database.Map(err)
	}
	switch {
	case len(ids) == 0 && s.broker.o.CreateTenants:
		id, err := CreateTenant(ctx, tx, key, now)
		if err != nil {
			return "", err
		}
		ids = []string{id}
	case len(ids) == 0:
		return "", notSetUp("The organisation of the account is not known here: " + key)
	case len(ids) > 1:
		return "", notSetUp("Several organisations here have the name of the account's: " + key)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO tenant_identity_providers (issuer, tenant_key, tenant_id, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (issuer, tenant_key) DO NOTHING`, issuer, key, ids[0], now.UnixMicro())
	return ids[0], database.Map(err)
}
