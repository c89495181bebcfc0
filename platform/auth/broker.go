package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// BrokerOptions name the OpenID provider that people sign in at, in place of our own password page, and where in its
// tokens we find what we need. A claim is a name, or a path of names with dots between them.
type BrokerOptions struct {
	Issuer       string // as the provider writes it, character for character
	ClientID     string
	ClientSecret string // empty for a public client
	Scopes       []string
	RolesClaim   string
	TenantClaim  string
	LocaleClaim  string
	NameClaim    string
	EmailClaim   string
	// CreateTenants makes a tenant for a tenant claim that is not known yet, in place of refusing its people.
	CreateTenants bool
	Transport     http.RoundTripper // nil is a pool with short timeouts
}

const (
	brokerCallbackPath = "/v1/auth/oidc/broker/callback"
	brokerCookie       = "__broker"
	brokerCookiePath   = "/v1/auth/oidc/broker"
)

// broker is the way to the provider, and what it keeps of it.
type broker struct {
	o        BrokerOptions
	provider *provider
	callback string
	cookies  cipher.AEAD // for the state of a sign-in under way
	tokens   cipher.AEAD // for the provider's refresh tokens at rest
}

// newBroker dials nothing: the provider may be down when we start.
//
// The key for refresh tokens comes of a secret in our database and of the client secret, which is not in it: whoever
// has a copy of the database alone can't read them. Replicas agree on it, and a new client secret makes the old ones
// unreadable, so that those sessions end at the provider by their own age.
func newBroker(o BrokerOptions, issuer string, secret []byte, s *Service) (*broker, error) {
	if o.Issuer == "" || o.ClientID == "" || len(o.Scopes) == 0 || o.RolesClaim == "" || o.TenantClaim == "" ||
		o.LocaleClaim == "" || o.NameClaim == "" || o.EmailClaim == "" {
		return nil, errors.New("auth: an option of the broker is missing")
	}
	b := &broker{o: o, provider: newProvider(o, s.o.Now, s.o.Log), callback: issuer + brokerCallbackPath}
	var err error
	if b.cookies, err = newAEAD(secret, "broker cookie"); err != nil {
		return nil, err
	}
	b.tokens, err = newAEAD(append([]byte(o.ClientSecret+"\x00"), secret...), "broker refresh token")
	return b, err
}

func newAEAD(secret []byte, purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "ghasi platform "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// conceal encrypts text and binds it to what it is for.
func conceal(a cipher.AEAD, text []byte, purpose string) string {
	return base64.RawURLEncoding.EncodeToString(a.Seal(nil, nil, text, []byte(purpose))) //nolint:gosec // the AEAD makes its own random nonces
}

func reveal(a cipher.AEAD, sealed, purpose string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	return a.Open(nil, nil, raw, []byte(purpose))
}

// authorizeURL is the provider's page. hints are passed on unread.
func (b *broker) authorizeURL(m metadata, t brokerState, locale string, hints url.Values) (string, error) {
	u, err := url.Parse(m.AuthorizationEndpoint)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(t.Verifier))
	q := u.Query()
	for name, value := range map[string]string{
		"response_type": "code", "client_id": b.o.ClientID, "redirect_uri": b.callback,
		"scope": strings.Join(b.o.Scopes, " "), "state": t.State, "nonce": t.Nonce,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
	} {
		q.Set(name, value)
	}
	if locale != "" {
		q.Set("ui_locales", providerLocales(locale))
	}
	for _, name := range hintNames {
		if v := hints.Get(name); isHint(v) {
			q.Set(name, v)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// hintNames are the parameters of an authorize request that belong to the provider: who it is, and which of the
// provider's own identity providers knows them.
var hintNames = []string{"login_hint", "kc_idp_hint"}

const maxHint = 254 // bytes; the longest e-mail address

func isHint(v string) bool { return isOpaque(v, maxHint) }

// providerLocales lists locale and its bare language, since providers know "fa" where we say "fa-AF".
func providerLocales(locale string) string {
	if language, _, ok := strings.Cut(locale, "-"); ok {
		return locale + " " + language
	}
	return locale
}
