package apikeys

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ghasi.io/portal/portal"
)

// Names of the inputs. "name" would be a DOM property, which the sanitiser of swapped fragments guards.
const (
	inputName    = "key_name"
	inputScope   = "scope"
	inputExpiry  = "expires_in"
	inputAttempt = "attempt"
)

const maxName = 80 // characters, as the API has it

// expiries are the lifetimes on offer, in days; "0" is for ever.
var expiries = []string{"0", "30", "90", "365"}

// form is what a person gave for a new key.
type form struct {
	attempt string
	name    string
	scopes  []string
	expiry  string
}

// newForm is the form before anything is typed.
func newForm(now time.Time) form {
	return form{attempt: portal.NewID("att", now), expiry: expiries[0]}
}

func bind(v url.Values) form {
	f := form{
		attempt: v.Get(inputAttempt),
		name:    strings.TrimSpace(v.Get(inputName)),
		scopes:  v[inputScope],
		expiry:  v.Get(inputExpiry),
	}
	if f.expiry == "" {
		f.expiry = expiries[0]
	}
	return f
}

// validate names what is wrong by the API's field names, as the platform would.
func (f form) validate() []portal.FieldError {
	var wrong []portal.FieldError
	add := func(field, key string, args ...any) {
		wrong = append(wrong, portal.FieldError{Field: field, Key: key, Args: args})
	}
	switch {
	case f.name == "":
		add("name", "field.required")
	case utf8.RuneCountInString(f.name) > maxName:
		add("name", "apikeys.new.name.too_long", "max", maxName)
	case !portal.Presentable(f.name):
		add("name", "field.invalid")
	}
	switch {
	case len(f.scopes) == 0:
		add("scopes", "field.no_scope")
	case slices.ContainsFunc(f.scopes, func(s string) bool { return !portal.Scope(s).Valid() }):
		add("scopes", "field.unknown_scope")
	}
	if !slices.Contains(expiries, f.expiry) {
		add("expiresAt", "field.invalid")
	}
	return wrong
}

// newKey is the call that a valid form stands for.
func (f form) newKey(now time.Time) portal.NewAPIKey {
	k := portal.NewAPIKey{Name: f.name}
	for _, s := range portal.Scopes { // their order, each once
		if slices.Contains(f.scopes, string(s)) {
			k.Scopes = append(k.Scopes, s)
		}
	}
	if days, err := strconv.Atoi(f.expiry); err == nil && days > 0 {
		end := now.Add(time.Duration(days) * 24 * time.Hour).UTC().Truncate(time.Second)
		k.ExpiresAt = &end
	}
	return k
}
