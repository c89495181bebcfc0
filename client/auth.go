package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"ghasi.io/portal/portal"
)

// TokenPair is an access token (RS256 JWT) and the refresh token that gets the next pair.
type TokenPair struct {
	AccessToken  string
	RefreshToken string
	ExpiresIn    int // seconds
}

// JWKSURL is where the platform publishes the keys that its tokens are signed with.
func (c *Client) JWKSURL() string { return c.base.String() + "/.well-known/jwks.json" }

// Issuer is the iss of the platform's tokens.
func (c *Client) Issuer() string { return c.base.String() }

// AuthorizeURL is where the browser goes to sign in. challenge is BASE64URL(SHA256(verifier)); locale, a language tag,
// may be empty.
func (c *Client) AuthorizeURL(redirectURI, state, nonce, challenge, locale string) string {
	q := url.Values{
		"response_type":         {"code"},
		"client_id":             {c.clientID},
		"redirect_uri":          {redirectURI},
		"scope":                 {"openid"},
		"state":                 {state},
		"nonce":                 {nonce},
		"code_challenge":        {challenge},
		"code_challenge_method": {"S256"},
	}
	if locale != "" {
		q.Set("ui_locales", locale)
	}
	return c.base.String() + "/v1/auth/oidc/authorize?" + q.Encode()
}

// ExchangeCode trades an authorization code for tokens (POST /v1/auth/oidc/token). A code that is spent, expired or
// not this sign-in's is Unauthenticated, with the platform's own words in Detail.
func (c *Client) ExchangeCode(ctx context.Context, code, verifier, redirectURI string) (TokenPair, error) {
	form := url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {redirectURI},
		"client_id":     {c.clientID},
		"code_verifier": {verifier},
	}
	return c.tokens(ctx, call{
		op: "exchange code", method: http.MethodPost, path: "/v1/auth/oidc/token", refused: oauthRefusal,
		body: []byte(form.Encode()), contentType: "application/x-www-form-urlencoded",
	})
}

// Refresh trades a refresh token for a new pair (POST /v1/auth/refresh). Unauthenticated means that the session has
// ended; any other error may pass.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (TokenPair, error) {
	return c.tokens(ctx, call{
		op: "refresh session", method: http.MethodPost, path: "/v1/auth/refresh",
	}.json(refreshBody{refreshToken}))
}

// Firebase trades a Firebase ID token for a pair (POST /v1/auth/firebase), in the window in which accounts move from
// there. NotFound means that the window is closed, Forbidden that no account has the token's e-mail address.
func (c *Client) Firebase(ctx context.Context, idToken string) (TokenPair, error) {
	return c.tokens(ctx, call{
		op: "exchange Firebase token", method: http.MethodPost, path: "/v1/auth/firebase",
	}.json(firebaseBody{idToken}))
}

type firebaseBody struct {
	IDToken string `json:"idToken"`
}

// Logout revokes a refresh token and what came of it (POST /v1/auth/logout).
func (c *Client) Logout(ctx context.Context, refreshToken string) error {
	return c.do(ctx, call{
		op: "end session", method: http.MethodPost, path: "/v1/auth/logout", want: http.StatusNoContent,
	}.json(refreshBody{refreshToken}))
}

type refreshBody struct {
	RefreshToken string `json:"refreshToken"`
}

// tokens makes a call that answers with a pair.
func (c *Client) tokens(ctx context.Context, k call) (TokenPair, error) {
	var answer struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		ExpiresIn    int    `json:"expires_in"`
	}
	k.want, k.out, k.device = http.StatusOK, &answer, true
	if err := c.do(ctx, k); err != nil {
		return TokenPair{}, err
	}
	if answer.AccessToken == "" || answer.RefreshToken == "" || answer.ExpiresIn <= 0 {
		return TokenPair{}, incomplete(k.op)
	}
	return TokenPair(answer), nil
}

// oauthRefusal reads an error of RFC 6749, section 5.2. Only invalid_grant is about the person's sign-in; the others
// say that the portal itself is set up wrongly.
func oauthRefusal(res *http.Response, body []byte) *portal.Error {
	var o struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	oauth := res.StatusCode == http.StatusBadRequest || res.StatusCode == http.StatusUnauthorized
	if !oauth || !isMedia(res.Header.Get("Content-Type"), "application/json") {
		return nil
	}
	_ = json.Unmarshal(body, &o) // what cannot be read is no such error
	if o.Error == "" {
		return nil
	}
	code := portal.Internal
	if o.Error == "invalid_grant" {
		code = portal.Unauthenticated
	}
	e := portal.Fail(code, statusError("exchange code: "+clean(o.Error, 40), res))
	e.Detail = clean(o.Description, maxDetail)
	return e
}
