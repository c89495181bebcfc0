package auth

import "net/url"

// Hints tell the sign-in page who is coming. They mean nothing to us: whoever made the link knows what the provider
// makes of them.
type Hints struct {
	Login            string `json:"l,omitempty"` // login_hint of OpenID Connect: an e-mail address, as a rule
	IdentityProvider string `json:"p,omitempty"` // kc_idp_hint of Keycloak: which of its identity providers to go to
}

const maxHint = 254 // bytes; the longest e-mail address

// bounded drops what is too long or not printable ASCII.
func (h Hints) bounded() Hints {
	for _, v := range []*string{&h.Login, &h.IdentityProvider} {
		if len(*v) > maxHint {
			*v = ""
		}
		for i := range len(*v) {
			if c := (*v)[i]; c < ' ' || c > '~' {
				*v = ""
				break
			}
		}
	}
	return h
}

// Set adds the hints that are there to q.
func (h Hints) Set(q url.Values) {
	h = h.bounded()
	if h.Login != "" {
		q.Set("login_hint", h.Login)
	}
	if h.IdentityProvider != "" {
		q.Set("kc_idp_hint", h.IdentityProvider)
	}
}

// addTo adds them to the query of a URL.
func (h Hints) addTo(target string) string {
	u, err := url.Parse(target)
	if err != nil || h == (Hints{}) {
		return target
	}
	q := u.Query()
	h.Set(q)
	u.RawQuery = q.Encode()
	return u.String()
}
