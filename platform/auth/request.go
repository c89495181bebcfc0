package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// authRequest is a checked authorize request. It travels through the sign-in page sealed, so that nothing is stored
// for people who never sign in.
type authRequest struct {
	RedirectURI string `json:"r"`
	State       string `json:"s"`
	Nonce       string `json:"n"`
	Challenge   string `json:"c"`
	Locale      string `json:"l"`
	Query       string `json:"q"` // of the authorize URL, without ui_locales
	Expires     int64  `json:"e"` // unix seconds
}

var (
	errForged  = errors.New("auth: the sign-in request was tampered with")
	errExpired = errors.New("auth: the sign-in request has expired")
)

// seal makes q opaque to no one and changeable by no one: base64url(JSON) "." base64url(HMAC-SHA256).
func (s *Service) seal(q authRequest) (string, error) {
	q.Expires = s.o.Now().Add(requestTTL).Unix()
	body, err := json.Marshal(q)
	if err != nil {
		return "", err
	}
	b64 := base64.RawURLEncoding.EncodeToString(body)
	return b64 + "." + base64.RawURLEncoding.EncodeToString(s.mac(b64)), nil
}

// open checks what [Service.seal] made. Errors: errForged, errExpired.
func (s *Service) open(sealed string) (authRequest, error) {
	b64, tag, ok := strings.Cut(sealed, ".")
	if !ok {
		return authRequest{}, errForged
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(tag)
	if err != nil || !hmac.Equal(mac, s.mac(b64)) {
		return authRequest{}, errForged
	}
	body, err := base64.RawURLEncoding.DecodeString(b64)
	if err != nil {
		return authRequest{}, errForged
	}
	var q authRequest
	if err := json.Unmarshal(body, &q); err != nil {
		return authRequest{}, errForged
	}
	if !s.o.Now().Before(time.Unix(q.Expires, 0)) {
		return authRequest{}, errExpired
	}
	return q, nil
}

// mac names its purpose, so that the secret can serve another one without the two being exchangeable.
func (s *Service) mac(b64 string) []byte {
	m := hmac.New(sha256.New, s.secret)
	m.Write([]byte("authorize-request-1\x00" + b64))
	return m.Sum(nil)
}
