package client_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

var pair = map[string]any{"access_token": "a.b.c", "refresh_token": "r1", "token_type": "Bearer", "expires_in": 900}

func TestAuthorizeURL(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, "<!doctype html>")
	}
	c, _ := inProcess(t, page)
	challenge := strings.Repeat("a", 43)
	raw := c.AuthorizeURL("http://localhost:8080/auth/callback", "st&te", "nonce", challenge, "fa-AF")
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"response_type": {"code"}, "client_id": {"customer-portal"}, "scope": {"openid"}, "state": {"st&te"},
		"redirect_uri": {"http://localhost:8080/auth/callback"}, "nonce": {"nonce"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}, "ui_locales": {"fa-AF"},
	}
	if diff := cmp.Diff(want, u.Query()); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
	// The document accepts what the browser will send.
	res, err := c.HTTPClient().Get(raw)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

func TestExchangeCode(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusOK, pair))
	verifier := strings.Repeat("v", 43)
	got, err := c.ExchangeCode(context.Background(), "code", verifier, "http://localhost:8080/auth/callback")
	if err != nil {
		t.Fatal(err)
	}
	if want := (client.TokenPair{AccessToken: "a.b.c", RefreshToken: "r1", ExpiresIn: 900}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	form, err := url.ParseQuery(up.bodies[0])
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"grant_type": {"authorization_code"}, "code": {"code"}, "code_verifier": {verifier},
		"client_id": {"customer-portal"}, "redirect_uri": {"http://localhost:8080/auth/callback"},
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestExchangeCode_Refused(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		code   portal.Code
		detail string
	}{
		{
			"SpentCode", answer(http.StatusBadRequest, map[string]string{
				"error": "invalid_grant", "error_description": "The code was used before.",
			}),
			portal.Unauthenticated, "The code was used before.",
		},
		{"WrongClient", answer(http.StatusUnauthorized, map[string]string{"error": "invalid_client"}), portal.Internal, ""},
		{"RateLimited", problem(http.StatusTooManyRequests, "rate_limited", ""), portal.RateLimited, ""},
		{"Down", problem(http.StatusServiceUnavailable, "unavailable", "secret"), portal.Unavailable, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, up := inProcess(t, tc.answer)
			_, err := c.ExchangeCode(context.Background(), "c0de", strings.Repeat("v", 43), "http://localhost/cb")
			e := asError(t, err)
			if e.Code != tc.code || e.Detail != tc.detail {
				t.Errorf("got %v with detail %q, want %v with %q", e.Code, e.Detail, tc.code, tc.detail)
			}
			if strings.Contains(err.Error(), "c0de") || strings.Contains(err.Error(), "vvv") {
				t.Errorf("the error tells a secret: %v", err)
			}
			if up.calls() != 1 {
				t.Errorf("%d calls: a code must never be sent twice", up.calls())
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusOK, pair))
	got, err := c.Refresh(context.Background(), "r0")
	if err != nil {
		t.Fatal(err)
	}
	if got.RefreshToken != "r1" || up.bodies[0] != `{"refreshToken":"r0"}` {
		t.Errorf("got %+v for %s", got, up.bodies[0])
	}
}

func TestRefresh_NotRepeated(t *testing.T) {
	c, up := overNetwork(t, problem(http.StatusServiceUnavailable, "unavailable", ""))
	if _, err := c.Refresh(context.Background(), "r0"); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("err = %v, want unavailable", err)
	}
	if up.calls() != 1 {
		t.Errorf("%d calls: a refresh token is spent by the first", up.calls())
	}
}

func TestRefresh_Ended(t *testing.T) {
	c, _ := inProcess(t, problem(http.StatusUnauthorized, "unauthenticated", "Session ended."))
	if _, err := c.Refresh(context.Background(), "r0"); portal.CodeOf(err) != portal.Unauthenticated {
		t.Errorf("err = %v, want unauthenticated", err)
	}
}

func TestRefresh_IncompletePair(t *testing.T) {
	half := answer(http.StatusOK, map[string]any{"access_token": "a.b.c"})
	c := newClient(t, "https://api.example.af", client.InProcess(half))
	if _, err := c.Refresh(context.Background(), "r0"); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("err = %v, want unavailable", err)
	}
}

func TestLogout(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusNoContent, nil))
	if err := c.Logout(context.Background(), "r0"); err != nil {
		t.Fatal(err)
	}
	if up.bodies[0] != `{"refreshToken":"r0"}` {
		t.Errorf("body = %s", up.bodies[0])
	}
}

func TestHTTPClient_NoRedirect(t *testing.T) {
	c, up := bare(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	res, err := c.HTTPClient().Get(c.JWKSURL())
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusFound || up.calls() != 1 {
		t.Errorf("status %d after %d calls, want 302 after 1", res.StatusCode, up.calls())
	}
}
