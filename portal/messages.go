package portal

import "time"

// MessageStatus is where a message is on its way: queued → sent → delivered | failed | expired; held (compliance)
// before sent; rejected at the operator's door.
type MessageStatus string

// The states of a message.
const (
	StatusQueued    MessageStatus = "queued"
	StatusHeld      MessageStatus = "held"
	StatusSent      MessageStatus = "sent"
	StatusDelivered MessageStatus = "delivered"
	StatusFailed    MessageStatus = "failed"
	StatusExpired   MessageStatus = "expired"
	StatusRejected  MessageStatus = "rejected"
)

// MessageStatuses lists every state in the order people read them: the way of a message, then how it can end.
var MessageStatuses = []MessageStatus{
	StatusQueued, StatusHeld, StatusSent, StatusDelivered, StatusFailed, StatusExpired, StatusRejected,
}

// Final reports whether a message in this state will not change any more.
func (s MessageStatus) Final() bool {
	return s == StatusDelivered || s == StatusFailed || s == StatusExpired || s == StatusRejected
}

// Valid reports whether s is one of [MessageStatuses].
func (s MessageStatus) Valid() bool {
	for _, v := range MessageStatuses {
		if s == v {
			return true
		}
	}
	return false
}

// Message is one SMS. Items of a list leave Body, Events and Source out; a single message has them all.
type Message struct {
	MessageID   string         `json:"messageId"`
	To          string         `json:"to"`   // E.164
	From        string         `json:"from"` // sender ID
	Body        string         `json:"body,omitempty"`
	Status      MessageStatus  `json:"status"`
	Encoding    string         `json:"encoding"` // "GSM-7" or "UCS-2"
	Segments    int            `json:"segments"`
	Operator    string         `json:"operator"`              // code of the probable operator: "awcc", "roshan", …
	PriceMicros int64          `json:"priceMicros"`           // for all segments, millionths of Currency
	Currency    Currency       `json:"currency,omitempty"`    // empty means AFN
	ErrorCode   string         `json:"errorCode,omitempty"`   // see ErrorCodes; set when failed, expired or rejected
	SubmittedAt time.Time      `json:"submittedAt"`           // UTC
	SentAt      *time.Time     `json:"sentAt,omitempty"`      // when the operator took it
	DeliveredAt *time.Time     `json:"deliveredAt,omitempty"` // when the handset confirmed it
	Source      *MessageSource `json:"source,omitempty"`
	Events      []MessageEvent `json:"events,omitempty"` // oldest first
}

// MessageSource says who submitted a message: an API key, or a person in the portal.
type MessageSource struct {
	Kind string `json:"kind"` // "api_key" or "portal"
	Name string `json:"name"` // the key's name, or the person's e-mail address
}

// MessageEvent is one change of state: what, when, and who said so ("platform", "operator", "handset").
type MessageEvent struct {
	Status MessageStatus `json:"status"`
	At     time.Time     `json:"at"`
	By     string        `json:"by"`
}

// NewMessage is what a sender gives.
type NewMessage struct {
	To   string `json:"to"`
	From string `json:"from"`
	Body string `json:"body"`
}

// AcceptedMessage is the platform's answer to a [NewMessage] (202).
type AcceptedMessage struct {
	MessageID string        `json:"messageId"`
	Status    MessageStatus `json:"status"`
	Segments  int           `json:"segments"`
	Encoding  string        `json:"encoding"`
}

// MessageFilter narrows a list of messages. The zero value means all, newest first. To and From match by prefix.
type MessageFilter struct {
	SubmittedAfter  *time.Time // inclusive
	SubmittedBefore *time.Time // exclusive
	Statuses        []MessageStatus
	To              string
	From            string
	Operator        string // code, exactly
	Limit           int    // 1–200; 0 means 50
	Cursor          string // opaque; from MessagePage.NextCursor
}

// MessagePage is one page of a list of messages, newest first.
type MessagePage struct {
	Items      []Message `json:"items"`
	NextCursor string    `json:"nextCursor,omitempty"` // empty on the last page
	// SearchedTo is set when the platform stopped looking before it had filled the page (a rare filter over a long
	// history): everything newer than this has been searched, NextCursor goes on from there.
	SearchedTo *time.Time `json:"searchedTo,omitempty"`
	// Total counts the matches, up to 10,000; TotalCapped says there are more than that. Only the first page has it.
	Total       *int `json:"total,omitempty"`
	TotalCapped bool `json:"totalCapped,omitempty"`
}

// MessageStats is what a dashboard needs: one row a day (Asia/Kabul), oldest first, the last being today, and the
// commonest causes of failure over the same days.
type MessageStats struct {
	Days     []MessageDay   `json:"days"`
	Failures []FailureCount `json:"failures"`           // commonest first, at most 5
	Any      bool           `json:"any"`                // whether the tenant ever had a message delivered
	Currency Currency       `json:"currency,omitempty"` // of what the days cost; empty means AFN
}

// MessageDay counts the messages submitted on one day by how they stand now.
type MessageDay struct {
	Day          string `json:"day"` // YYYY-MM-DD in Asia/Kabul
	Submitted    int    `json:"submitted"`
	Delivered    int    `json:"delivered"`
	Failed       int    `json:"failed"` // failed, expired and rejected
	SpendMicros  int64  `json:"spendMicros"`
	SegmentCount int    `json:"segments"`
}

// FailureCount is how often one error code occurred.
type FailureCount struct {
	ErrorCode string `json:"errorCode"`
	Count     int    `json:"count"`
}
