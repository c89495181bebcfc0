package portal

import "time"

// MaxNote is how many bytes a note's text may have.
const MaxNote = 20000

// Note is what staff have written down about a tenant. No customer ever sees one.
type Note struct {
	NoteID    string    `json:"noteId"`
	TenantID  string    `json:"tenantId"`
	Author    Actor     `json:"author"`
	Body      string    `json:"body"` // Markdown
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// MayChange reports whether a person may change or delete the note: its author and platform administrators may.
func (n Note) MayChange(by Actor) bool {
	return by.UserID == n.Author.UserID || by.Role == "platform_admin"
}

// NotePage is one page of a tenant's notes, newest first.
type NotePage struct {
	Items      []Note `json:"items"`
	NextCursor string `json:"nextCursor,omitempty"`
}

// NoteVersion is how a note was at one time.
type NoteVersion struct {
	Version int       `json:"version"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	Body    string    `json:"body"`
	Deleted bool      `json:"deleted,omitempty"` // by this version; Body is empty
}
