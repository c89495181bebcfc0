package portal

import "time"

// Session is one sign-in of a person that has not ended: a browser, as a rule.
type Session struct {
	SessionID  string    `json:"sessionId"`
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt"` // within the life of an access token
	UserAgent  string    `json:"userAgent"`  // as the browser named itself; printable ASCII, may be empty
	IP         string    `json:"ip"`         // of the last use; may be empty
	Current    bool      `json:"current"`    // the one that asks
}
