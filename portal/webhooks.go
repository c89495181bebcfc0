package portal

import "time"

// WebhookEvent names what a webhook is told of: "message." and the state that a message has reached, or a test.
type WebhookEvent string

// The events. EventTest is sent by hand alone: nobody subscribes to it.
const (
	EventSent      WebhookEvent = "message.sent"
	EventDelivered WebhookEvent = "message.delivered"
	EventFailed    WebhookEvent = "message.failed"
	EventExpired   WebhookEvent = "message.expired"
	EventRejected  WebhookEvent = "message.rejected"
	EventHeld      WebhookEvent = "message.held"
	EventTest      WebhookEvent = "webhook.test"
)

// WebhookEvents lists what a webhook can subscribe to, in the order a form shows it.
var WebhookEvents = []WebhookEvent{EventSent, EventDelivered, EventFailed, EventExpired, EventRejected, EventHeld}

// Valid reports whether e is one of [WebhookEvents].
func (e WebhookEvent) Valid() bool {
	for _, v := range WebhookEvents {
		if e == v {
			return true
		}
	}
	return false
}

// WebhookStatus says whether deliveries are made.
type WebhookStatus string

// The states of a webhook.
const (
	WebhookActive   WebhookStatus = "active"
	WebhookPaused   WebhookStatus = "paused"   // by a person; events wait for the webhook to be resumed
	WebhookDisabled WebhookStatus = "disabled" // by the platform, after days of failures; a person resumes it
)

// Webhook is one endpoint of a tenant.
type Webhook struct {
	WebhookID    string           `json:"webhookId"`
	URL          string           `json:"url"` // https
	Events       []WebhookEvent   `json:"events"`
	Status       WebhookStatus    `json:"status"`
	Version      int              `json:"version"` // rises with every change; a change names the one it was made on
	CreatedAt    time.Time        `json:"createdAt"`
	UpdatedAt    time.Time        `json:"updatedAt"`
	LastAttempt  *WebhookAttempt  `json:"lastAttempt,omitempty"`  // without bodies
	Last24h      WebhookHealth    `json:"last24h"`                // by delivery, as each stands now
	FailingSince *time.Time       `json:"failingSince,omitempty"` // the first failure since the last success
	DisabledAt   *time.Time       `json:"disabledAt,omitempty"`
	Rotation     *WebhookRotation `json:"rotation,omitempty"` // while an old secret is still in use
}

// WebhookHealth counts the deliveries of one day.
type WebhookHealth struct {
	Delivered int `json:"delivered"`
	Failed    int `json:"failed"`  // given up
	Waiting   int `json:"waiting"` // still to be tried, the first time or again
}

// WebhookRotation is a change of secret under way: deliveries carry a signature by each.
type WebhookRotation struct {
	StartedAt time.Time `json:"startedAt"`
	EndsAt    time.Time `json:"endsAt"` // when the old secret stops signing
	// OldVerified counts the deliveries since StartedAt that the receiver took while it was known to refuse a signature by
	// the new secret alone; CheckedAt is when that was last tried. Nil: not tried yet.
	OldVerified int        `json:"oldVerified"`
	CheckedAt   *time.Time `json:"checkedAt,omitempty"`
	NewAccepted bool       `json:"newAccepted"` // whether the last check was taken by the new secret alone
}

// NewWebhook is what a person gives.
type NewWebhook struct {
	URL    string         `json:"url"`
	Events []WebhookEvent `json:"events"`
}

// WebhookChange changes what is set. Version is the one the change was made on; Conflict when it is no longer that.
type WebhookChange struct {
	URL     *string        `json:"url,omitempty"`
	Events  []WebhookEvent `json:"events,omitempty"`
	Status  *WebhookStatus `json:"status,omitempty"` // active or paused
	Version int            `json:"version"`
}

// SavedWebhook answers a creation and a change of URL: the webhook and what is known of where it points.
type SavedWebhook struct {
	Webhook

	SigningSecret string        `json:"signingSecret,omitempty"` // whsec_…; in the creation's answer alone
	Check         *WebhookCheck `json:"check,omitempty"`
}

// WebhookCheck is what a look at a URL found. Verdict is "ok", "unresolved", "refused" (an address that is not public),
// "no_tls" (no handshake, or a certificate that does not verify) or "unreachable".
type WebhookCheck struct {
	Verdict              string     `json:"verdict"`
	Addresses            []string   `json:"addresses"` // resolved, at most 8
	CertificateExpiresAt *time.Time `json:"certificateExpiresAt,omitempty"`
}

// RotateWebhookSecret asks for a new secret. OverlapSeconds is 0, 3600, 86400 or 604800.
type RotateWebhookSecret struct {
	OverlapSeconds int `json:"overlapSeconds"`
}

// RotatedWebhookSecret answers it.
type RotatedWebhookSecret struct {
	SigningSecret string    `json:"signingSecret"`
	OldEndsAt     time.Time `json:"oldEndsAt"`
}

// WebhookAttempt is one try of one delivery. Items of a list leave the bodies and headers out.
type WebhookAttempt struct {
	AttemptID      string       `json:"attemptId"`
	DeliveryID     string       `json:"deliveryId"` // the webhook-id header
	MessageID      string       `json:"messageId,omitempty"`
	Event          WebhookEvent `json:"event"`
	At             time.Time    `json:"at"`
	Number         int          `json:"number"` // 1 for the first try
	ByHand         bool         `json:"byHand,omitempty"`
	StatusCode     int          `json:"statusCode,omitempty"` // absent when there was no answer
	Error          string       `json:"error,omitempty"`      // "timeout", "refused_address", "connection", "tls", "redirect", "status", "too_large", "interrupted"
	DurationMillis int          `json:"durationMillis"`
	// DeliveryState is how the delivery stands now: "delivered", "waiting" or "failed"; NextAt is when it is tried again.
	DeliveryState   string            `json:"deliveryState"`
	NextAt          *time.Time        `json:"nextAt,omitempty"`
	RequestHeaders  map[string]string `json:"requestHeaders,omitempty"`
	RequestBody     string            `json:"requestBody,omitempty"`
	ResponseHeaders map[string]string `json:"responseHeaders,omitempty"`
	ResponseBody    string            `json:"responseBody,omitempty"` // at most 4 KiB, as UTF-8
	ResponseCut     bool              `json:"responseCut,omitempty"`  // there was more
}

// WebhookAttemptFilter narrows a list of attempts, newest first.
type WebhookAttemptFilter struct {
	Outcome string // "", "delivered" or "failed" (of the attempt)
	Limit   int    // 1–100; 0 means 25
	Cursor  string
}

// WebhookAttemptPage is one page of them.
type WebhookAttemptPage struct {
	Items      []WebhookAttempt `json:"items"`
	NextCursor string           `json:"nextCursor,omitempty"`
}

// WebhookDelivery is what a test, a retry by hand or a message's list of deliveries tells of one.
type WebhookDelivery struct {
	DeliveryID string       `json:"deliveryId"`
	WebhookID  string       `json:"webhookId"`
	URL        string       `json:"url"`
	Event      WebhookEvent `json:"event"`
	State      string       `json:"state"` // "delivered", "waiting" or "failed"
	Attempts   int          `json:"attempts"`
	CreatedAt  time.Time    `json:"createdAt"`
	NextAt     *time.Time   `json:"nextAt,omitempty"`
}
