package auth

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/telemetry"
)

// maxBody bounds the JSON bodies, in bytes. A refresh token has 43.
const maxBody = 4 << 10

// tokenResponse is RFC 6749's, section 5.1.
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
}

func (s *Service) writePair(w http.ResponseWriter, r *http.Request, p pair) {
	problem.JSON(w, r, http.StatusOK, tokenResponse{
		AccessToken: p.access, RefreshToken: p.refresh, TokenType: "Bearer",
		ExpiresIn: max(1, int(p.expires.Sub(s.o.Now()).Seconds())),
	})
}

// oauthError is RFC 6749's, section 5.2.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func refuseToken(w http.ResponseWriter, r *http.Request, status int, code, description string) {
	problem.JSON(w, r, status, oauthError{code, description})
}

// token is the token endpoint, below the span of whoever calls.
func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	s.traced("auth-service.token-exchange", s.exchange)(w, r)
}

// traced makes a call to next a span that belongs to the caller's trace.
func (s *Service) traced(name string, next http.HandlerFunc) http.HandlerFunc {
	if !s.o.Tracer.On() {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, span := s.o.Tracer.Start(s.o.Tracer.Extract(r.Context(), r.Header), name, telemetry.Server)
		defer span.End()
		next(w, r.WithContext(ctx))
	}
}

// exchange takes the grants authorization_code and refresh_token, for the one public client.
func (s *Service) exchange(w http.ResponseWriter, r *http.Request) {
	form, err := problem.Form(w, r, maxForm)
	if err != nil {
		var e *portal.Error
		description := "the body cannot be read"
		if errors.As(err, &e) && e.Detail != "" && isASCII(e.Detail) {
			description = e.Detail
		}
		refuseToken(w, r, http.StatusBadRequest, "invalid_request", description)
		return
	}
	if form["client_id"] != s.o.ClientID {
		refuseToken(w, r, http.StatusUnauthorized, "invalid_client", "unknown client_id")
		return
	}
	var p pair
	switch form["grant_type"] {
	case "authorization_code":
		if missing := firstMissing(form, "code", "redirect_uri", "code_verifier"); missing != "" {
			refuseToken(w, r, http.StatusBadRequest, "invalid_request", missing+" is missing")
			return
		}
		p, err = s.redeem(r.Context(), form["code"], form["redirect_uri"], form["code_verifier"], deviceOf(r))
	case "refresh_token":
		if missing := firstMissing(form, "refresh_token"); missing != "" {
			refuseToken(w, r, http.StatusBadRequest, "invalid_request", missing+" is missing")
			return
		}
		p, err = s.rotateRefresh(r.Context(), form["refresh_token"], deviceOf(r))
	case "":
		refuseToken(w, r, http.StatusBadRequest, "invalid_request", "grant_type is missing")
		return
	default:
		refuseToken(w, r, http.StatusBadRequest, "unsupported_grant_type", "use authorization_code or refresh_token")
		return
	}
	if err != nil {
		trace.SpanFromContext(r.Context()).SetStatus(codes.Error, "refused")
	}
	switch {
	case errors.Is(err, errGrant):
		refuseToken(w, r, http.StatusBadRequest, "invalid_grant", "it is unknown, spent, expired or revoked")
	case err != nil:
		problem.Write(w, r, err)
	default:
		s.writePair(w, r, p)
	}
}

// refreshBody is what /v1/auth/refresh and /v1/auth/logout take.
type refreshBody struct {
	RefreshToken string `json:"refreshToken"`
}

func decodeRefresh(w http.ResponseWriter, r *http.Request) (string, error) {
	var body refreshBody
	if err := problem.Decode(w, r, maxBody, &body); err != nil {
		return "", err
	}
	if body.RefreshToken == "" {
		return "", portal.InvalidField("refreshToken", "field.required")
	}
	if len(body.RefreshToken) > 512 {
		return "", portal.InvalidField("refreshToken", "field.too_long", "max", 512)
	}
	return body.RefreshToken, nil
}

func (s *Service) refresh(w http.ResponseWriter, r *http.Request) {
	raw, err := decodeRefresh(w, r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	p, err := s.rotateRefresh(r.Context(), raw, deviceOf(r))
	switch {
	case errors.Is(err, errGrant):
		problem.Write(w, r, &portal.Error{Code: portal.Unauthenticated, Detail: "The session has ended. Sign in again.", Err: err})
	case err != nil:
		problem.Write(w, r, err)
	default:
		s.writePair(w, r, p)
	}
}

func (s *Service) logout(w http.ResponseWriter, r *http.Request) {
	raw, err := decodeRefresh(w, r)
	if err == nil {
		err = s.revoke(r.Context(), raw)
	}
	if err == nil {
		s.endUpstream(r.Context(), raw)
	}
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Service) jwks(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(s.keys.Load().jwks)
}

// configuration is OpenID Connect Discovery's, reduced to what there is.
func (s *Service) configuration(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	problem.JSON(w, r, http.StatusOK, map[string]any{
		"issuer":                                         s.o.Issuer,
		"authorization_endpoint":                         s.o.Issuer + "/v1/auth/oidc/authorize",
		"token_endpoint":                                 s.o.Issuer + "/v1/auth/oidc/token",
		"jwks_uri":                                       s.o.Issuer + "/.well-known/jwks.json",
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"scopes_supported":                               []string{"openid"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"RS256"},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
		"request_uri_parameter_supported":                false,
		"ui_locales_supported":                           uiLocales,
	})
}

func firstMissing(form map[string]string, names ...string) string {
	for _, name := range names {
		if form[name] == "" {
			return name
		}
	}
	return ""
}

// isASCII guards error_description, which RFC 6749 limits to printable ASCII.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}
