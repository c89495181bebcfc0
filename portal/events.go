package portal

import "time"

// EventType names what the portal tells of: in audit logs, and to whoever listens on the bus. A name never changes its
// meaning; a new meaning has a new version.
type EventType string

// The events.
const (
	EventSignedIn             EventType = "customer-portal.session.signed_in.v1"
	EventSignedOut            EventType = "customer-portal.session.signed_out.v1"
	EventAPIKeyCreated        EventType = "customer-portal.apikey.created.v1"
	EventAPIKeyRevoked        EventType = "customer-portal.apikey.revoked.v1"
	EventWebhookCreated       EventType = "customer-portal.webhook.created.v1"
	EventWebhookChanged       EventType = "customer-portal.webhook.changed.v1"
	EventWebhookDeleted       EventType = "customer-portal.webhook.deleted.v1"
	EventWebhookSecretRotated EventType = "customer-portal.webhook.secret_rotated.v1"
	EventBillingChanged       EventType = "customer-portal.billing.settings_changed.v1"
	EventTenantViewed         EventType = "customer-portal.tenant.viewed.v1" // by staff
	EventQBRExported          EventType = "customer-portal.qbr.exported.v1"
	EventNoteCreated          EventType = "customer-portal.note.created.v1"
	EventNoteChanged          EventType = "customer-portal.note.changed.v1"
	EventNoteDeleted          EventType = "customer-portal.note.deleted.v1"
	EventAccessDenied         EventType = "customer-portal.access.denied.v1"
)

// EventTypes lists them all, in the order a filter shows them.
var EventTypes = []EventType{
	EventSignedIn, EventSignedOut, EventAPIKeyCreated, EventAPIKeyRevoked, EventWebhookCreated, EventWebhookChanged,
	EventWebhookDeleted, EventWebhookSecretRotated, EventBillingChanged, EventTenantViewed, EventQBRExported,
	EventNoteCreated, EventNoteChanged, EventNoteDeleted, EventAccessDenied,
}

// Valid reports whether t is one of [EventTypes].
func (t EventType) Valid() bool {
	for _, v := range EventTypes {
		if t == v {
			return true
		}
	}
	return false
}

// StaffOnly reports whether an event stands in the staff's log alone: a tenant must not learn that notes are taken.
func (t EventType) StaffOnly() bool {
	return t == EventNoteCreated || t == EventNoteChanged || t == EventNoteDeleted
}

// StaffChain is the log of what only staff may see. Every other chain is named by its tenant's id.
const StaffChain = "staff"

// Actor is who did something.
type Actor struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
	Role   string `json:"role"` // customer, tam or platform_admin
}

// Event is something that happened, to be recorded. It never holds a secret, a message's text or a note's.
type Event struct {
	Type     EventType
	TenantID string            // whom it is about; empty: no tenant
	Chain    string            // whose log it stands in; empty: the tenant's, or [StaffChain] for what only staff may see
	Subject  string            // what it was done to: "webhook/whk_…"; may be empty
	Actor    Actor             // empty UserID: the portal itself
	Data     map[string]string // what else there is to know, a few short values
}

// AuditEvent is an event as it stands in a log.
type AuditEvent struct {
	EventID  string            `json:"eventId"`
	Chain    string            `json:"chain"`
	Seq      int64             `json:"seq"` // 1, 2, … without a gap
	Type     EventType         `json:"type"`
	At       time.Time         `json:"at"`
	TenantID string            `json:"tenantId,omitempty"`
	Subject  string            `json:"subject,omitempty"`
	Actor    Actor             `json:"actor"`
	Data     map[string]string `json:"data,omitempty"`
	Hash     string            `json:"hash"` // SHA-256, hex, of the hash before and this event
}

// AuditFilter narrows a log.
type AuditFilter struct {
	Type   EventType // empty: all
	From   time.Time // inclusive; zero: from the beginning
	Until  time.Time // exclusive; zero: to the end
	Limit  int       // 1–100; 0 means 50; not for exports
	Cursor string
}

// AuditPage is one page of a log, newest first.
type AuditPage struct {
	Items      []AuditEvent `json:"items"`
	NextCursor string       `json:"nextCursor,omitempty"`
}

// AuditCheck is what verifying a log found. The chain holds when BrokenSeq is 0; else that is the first place where it
// does not: an event was changed, removed or put in there.
type AuditCheck struct {
	Events    int64     `json:"events"` // that were checked and hold
	BrokenSeq int64     `json:"brokenSeq,omitempty"`
	Head      string    `json:"head,omitempty"` // the last event's hash: who has noted it earlier can compare
	At        time.Time `json:"at"`
}
