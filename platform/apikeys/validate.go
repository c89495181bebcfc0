package apikeys

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ghasi.io/portal/portal"
)

const maxName = 80 // characters

// createBody is [portal.NewAPIKey] as it arrives: the time is text, so that a wrong one can be told from malformed
// JSON.
type createBody struct {
	Name      string         `json:"name"`
	Scopes    []portal.Scope `json:"scopes"`
	ExpiresAt *string        `json:"expiresAt"`
}

// validate returns the key to create, its name trimmed and its scopes in the usual order. Errors: Invalid with
// every wrong field.
func (b createBody) validate(now time.Time) (portal.NewAPIKey, error) {
	k := portal.NewAPIKey{Name: strings.TrimSpace(b.Name)}
	var wrong []portal.FieldError
	bad := func(field, key string, args ...any) {
		wrong = append(wrong, portal.FieldError{Field: field, Key: key, Args: args})
	}
	switch {
	case k.Name == "":
		bad("name", "field.required")
	case utf8.RuneCountInString(k.Name) > maxName:
		bad("name", "field.too_long", "max", maxName)
	case !portal.Presentable(k.Name):
		bad("name", "field.invalid")
	}
	for _, s := range portal.Scopes {
		if slices.Contains(b.Scopes, s) {
			k.Scopes = append(k.Scopes, s)
		}
	}
	switch {
	case len(b.Scopes) == 0:
		bad("scopes", "field.no_scope")
	case slices.ContainsFunc(b.Scopes, func(s portal.Scope) bool { return !s.Valid() }):
		bad("scopes", "field.unknown_scope")
	case len(k.Scopes) != len(b.Scopes):
		bad("scopes", "field.invalid") // one occurs twice
	}
	if b.ExpiresAt != nil {
		t, err := time.Parse(time.RFC3339, *b.ExpiresAt)
		switch {
		case err != nil:
			bad("expiresAt", "field.not_a_time")
		case !t.After(now):
			bad("expiresAt", "field.in_past")
		}
		t = t.UTC()
		k.ExpiresAt = &t
	}
	if len(wrong) > 0 {
		return portal.NewAPIKey{}, &portal.Error{Code: portal.Invalid, Fields: wrong}
	}
	return k, nil
}
