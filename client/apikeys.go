package client

import (
	"context"
	"errors"
	"net/http"

	"ghasi.io/portal/portal"
)

// APIKeys lists the tenant's keys, active ones first, then newest first.
func (c *Client) APIKeys(ctx context.Context, token string) ([]portal.APIKey, error) {
	var list struct {
		Items []portal.APIKey `json:"items"`
	}
	err := c.do(ctx, call{
		op: "list API keys", method: http.MethodGet, path: "/v1/api-keys",
		token: token, want: http.StatusOK, out: &list,
	})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// CreateAPIKey makes a key. Its answer alone holds the raw key.
func (c *Client) CreateAPIKey(ctx context.Context, token string, k portal.NewAPIKey) (portal.CreatedAPIKey, error) {
	var created portal.CreatedAPIKey
	err := c.do(ctx, call{
		op: "create API key", method: http.MethodPost, path: "/v1/api-keys",
		token: token, want: http.StatusCreated, out: &created,
	}.json(k))
	if err == nil && (created.RawKey == "" || created.KeyID == "") {
		err = incomplete("create API key")
	}
	if err != nil {
		return portal.CreatedAPIKey{}, err
	}
	return created, nil
}

// RevokeAPIKey ends a key at once. Revoking a revoked key is no error.
func (c *Client) RevokeAPIKey(ctx context.Context, token, keyID string) error {
	if !portal.ValidID("key", keyID) {
		return portal.Fail(portal.NotFound, errors.New("revoke API key: malformed id"))
	}
	return c.do(ctx, call{
		op: "revoke API key", method: http.MethodDelete, path: "/v1/api-keys/" + keyID,
		token: token, want: http.StatusNoContent,
	})
}
