package portal

import "time"

// Scope is one right of an API key.
type Scope string

// The scopes.
const (
	ScopeSMSSend     Scope = "sms:send"
	ScopeSMSRead     Scope = "sms:read"
	ScopeBillingRead Scope = "billing:read"
)

// Scopes lists every scope in the order a form shows them.
var Scopes = []Scope{ScopeSMSSend, ScopeSMSRead, ScopeBillingRead}

// Valid reports whether s is one of [Scopes].
func (s Scope) Valid() bool { return s == ScopeSMSSend || s == ScopeSMSRead || s == ScopeBillingRead }

// APIKeyStatus is "active", "revoked" or "expired".
type APIKeyStatus string

// The states of an API key.
const (
	KeyActive  APIKeyStatus = "active"
	KeyRevoked APIKeyStatus = "revoked"
	KeyExpired APIKeyStatus = "expired"
)

// APIKey is a key as a list shows it: never the key itself.
type APIKey struct {
	KeyID      string       `json:"keyId"`
	Name       string       `json:"name"`
	Prefix     string       `json:"prefix"` // the recognisable start, "ghasi_"
	Last4      string       `json:"last4"`
	Scopes     []Scope      `json:"scopes"`
	Status     APIKeyStatus `json:"status"`
	CreatedAt  time.Time    `json:"createdAt"`
	LastUsedAt *time.Time   `json:"lastUsedAt"` // null until first used; exact to about a minute
	LastUsedIP string       `json:"lastUsedIp,omitempty"`
	ExpiresAt  *time.Time   `json:"expiresAt,omitempty"`
	RevokedAt  *time.Time   `json:"revokedAt,omitempty"`
}

// CreatedAPIKey is the answer to a creation: the one place that ever holds the raw key.
type CreatedAPIKey struct {
	APIKey
	RawKey string `json:"rawKey"`
}

// NewAPIKey is what a person gives to create a key.
type NewAPIKey struct {
	Name      string     `json:"name"`
	Scopes    []Scope    `json:"scopes"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
}
