package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/portal"
)

// upstream is what the provider gives for a code or a refresh token.
type upstream struct {
	IDToken      string `json:"id_token"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

// exchange trades the provider's code. Errors: as [provider.call].
func (b *broker) exchange(ctx context.Context, m metadata, code, verifier string) (upstream, error) {
	var u upstream
	err := b.provider.form(ctx, m, m.TokenEndpoint, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {b.callback}, "code_verifier": {verifier},
	}, &u)
	return u, err
}

// renew trades the provider's refresh token. Errors: as [provider.call].
func (b *broker) renew(ctx context.Context, m metadata, refresh string) (upstream, error) {
	var u upstream
	err := b.provider.form(ctx, m, m.TokenEndpoint, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}, &u)
	return u, err
}

// errIDToken means that an answer of the provider must not be believed.
var errIDToken = errors.New("auth: the provider's id_token is not valid")

// parse verifies a token of the provider: RS256 alone, by its keys, from it, and not expired.
func (b *broker) parse(ctx context.Context, m metadata, raw string, o ...jwt.ParserOption) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	var down error
	parser := jwt.NewParser(append(o, jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithIssuer(b.o.Issuer),
		jwt.WithLeeway(clockLeeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(b.provider.now))...)
	_, err := parser.ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) {
		key, err := b.provider.key(ctx, m, t)
		if err != nil && !errors.Is(err, errProviderKey) {
			down = err
		}
		return key, err
	})
	if down != nil {
		return nil, down
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errIDToken, err)
	}
	return claims, nil
}

// identify verifies the id_token by OpenID Connect Core, section 3.1.3.7. nonce is empty for a refreshed one.
func (b *broker) identify(ctx context.Context, m metadata, u upstream, nonce string) (jwt.MapClaims, error) {
	claims, err := b.parse(ctx, m, u.IDToken, jwt.WithAudience(b.o.ClientID))
	if err != nil {
		return nil, err
	}
	audience, _ := claims.GetAudience() // verified
	azp, hasAZP := claims["azp"].(string)
	got, _ := claims["nonce"].(string)
	subject, _ := claims.GetSubject()
	hash, hasHash := claims["at_hash"].(string)
	switch {
	case len(audience) > 1 && !hasAZP, hasAZP && azp != b.o.ClientID:
		return nil, fmt.Errorf("%w: it was issued to another client", errIDToken)
	case nonce != "" && subtle.ConstantTimeCompare([]byte(got), []byte(nonce)) != 1:
		return nil, fmt.Errorf("%w: it is of another sign-in", errIDToken)
	case subject == "" || len(subject) > 255:
		return nil, fmt.Errorf("%w: no fit subject", errIDToken)
	case hasHash && hash != halfHash(u.AccessToken):
		return nil, fmt.Errorf("%w: the access token is not its own", errIDToken)
	}
	return claims, nil
}

// halfHash is at_hash of RS256: the first half of the token's SHA-256.
func halfHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2])
}

// claimSources are the sets of claims about one person, the most trusted first.
func (b *broker) claimSources(ctx context.Context, m metadata, u upstream, id jwt.MapClaims) ([]map[string]any, error) {
	sources := []map[string]any{id}
	// Keycloak puts realm_access into the access token alone, unless somebody has set up a mapper.
	if strings.Count(u.AccessToken, ".") == 2 {
		access, err := b.parse(ctx, m, u.AccessToken)
		switch {
		case portal.CodeOf(err) == portal.Unavailable, portal.CodeOf(err) == portal.RateLimited:
			return nil, err
		case err == nil && access["sub"] == id["sub"] && b.isOurs(access):
			sources = append(sources, access)
		}
	}
	complete := true
	for _, claim := range []string{b.o.RolesClaim, b.o.TenantClaim, b.o.EmailClaim} {
		complete = complete && find(sources, claim) != nil
	}
	if complete || m.UserinfoEndpoint == "" || u.AccessToken == "" {
		return sources, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.UserinfoEndpoint, nil)
	if err != nil {
		return nil, portal.Fail(portal.Unavailable, err)
	}
	r.Header.Set("Authorization", "Bearer "+u.AccessToken)
	info := map[string]any{}
	var refused *refusal
	switch err := b.provider.call(r, &info); {
	case errors.As(err, &refused): // it has no more to say
	case err != nil:
		return nil, err
	case info["sub"] == id["sub"]: // OpenID Connect Core, section 5.3.2
		sources = append(sources, info)
	}
	return sources, nil
}

// isOurs reports whether an access token was issued to our client.
func (b *broker) isOurs(access jwt.MapClaims) bool {
	if azp, ok := access["azp"].(string); ok {
		return azp == b.o.ClientID
	}
	if id, ok := access["client_id"].(string); ok { // RFC 9068
		return id == b.o.ClientID
	}
	audience, err := access.GetAudience()
	return err == nil && slices.Contains(audience, b.o.ClientID)
}

// find returns the first source's claim of that name or path; nil when none has it.
func find(sources []map[string]any, claim string) any {
	for _, claims := range sources {
		if v, ok := claims[claim]; ok && v != nil { // a name may itself have dots: "https://example.test/roles"
			return v
		}
		var v any = claims
		for name := range strings.SplitSeq(claim, ".") {
			m, _ := v.(map[string]any)
			v = m[name]
		}
		if v != nil {
			return v
		}
	}
	return nil
}
