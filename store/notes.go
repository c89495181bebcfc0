package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const (
	defaultNotesPage = 20
	maxNotesPage     = 100
)

type noteRow struct {
	bun.BaseModel `bun:"table:tenant_notes,alias:n"`

	NoteID     string `bun:"note_id,pk"`
	TenantID   string `bun:"tenant_id"`
	AuthorID   string `bun:"author_id"`
	AuthorName string `bun:"author_name"`
	AuthorRole string `bun:"author_role"`
	Body       string `bun:"body"`
	Version    int    `bun:"version"`
	CreatedAt  int64  `bun:"created_at"` // unix microseconds
	UpdatedAt  int64  `bun:"updated_at"`
	DeletedAt  int64  `bun:"deleted_at,nullzero"` // 0 = it stands
}

func (r noteRow) note() portal.Note {
	return portal.Note{
		NoteID: r.NoteID, TenantID: r.TenantID, Body: r.Body, Version: r.Version,
		Author:    portal.Actor{UserID: r.AuthorID, Name: r.AuthorName, Role: r.AuthorRole},
		CreatedAt: time.UnixMicro(r.CreatedAt).UTC(), UpdatedAt: time.UnixMicro(r.UpdatedAt).UTC(),
	}
}

type noteVersionRow struct {
	bun.BaseModel `bun:"table:tenant_note_versions,alias:v"`

	NoteID   string `bun:"note_id,pk"`
	Version  int    `bun:"version,pk"`
	TenantID string `bun:"tenant_id"`
	ByID     string `bun:"by_id"`
	ByName   string `bun:"by_name"`
	ByRole   string `bun:"by_role"`
	At       int64  `bun:"at"` // unix microseconds
	Body     string `bun:"body"`
	Deleted  bool   `bun:"deleted"`
}

// asStaff runs fn in a transaction that sees the notes of one tenant. On PostgreSQL a row policy holds it to that; the
// queries name the tenant all the same, on both databases.
func (s *Store) asStaff(ctx context.Context, tenantID string, fn func(ctx context.Context, tx bun.Tx) error) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.db.SetTx(ctx, tx, "app.staff", "on"); err != nil {
			return err
		}
		if err := s.db.SetTx(ctx, tx, "app.tenant_id", tenantID); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

// Notes returns one page of a tenant's notes, newest first. limit is 1–100, 0 means 20. Errors: Invalid for a cursor that
// is not ours.
func (s *Store) Notes(ctx context.Context, tenantID string, limit int, cursor string) (portal.NotePage, error) {
	if limit <= 0 {
		limit = defaultNotesPage
	}
	limit = min(limit, maxNotesPage)
	if cursor != "" && !portal.ValidID("note", cursor) {
		return portal.NotePage{}, portal.InvalidField("cursor", "field.invalid_cursor")
	}
	var rows []noteRow
	err := s.asStaff(ctx, tenantID, func(ctx context.Context, tx bun.Tx) error {
		rows = nil // the transaction may run again
		q := tx.NewSelect().Model(&rows).Where("tenant_id = ? AND deleted_at IS NULL", tenantID).
			Order("note_id DESC").Limit(int64(limit) + 1) // ids sort by time
		if cursor != "" {
			q = q.Where("note_id < ?", cursor)
		}
		return q.Scan(ctx)
	})
	if err != nil {
		return portal.NotePage{}, fmt.Errorf("read notes: %w", err)
	}
	var page portal.NotePage
	if len(rows) > limit {
		rows = rows[:limit]
		page.NextCursor = rows[limit-1].NoteID
	}
	page.Items = make([]portal.Note, len(rows))
	for i, r := range rows {
		page.Items[i] = r.note()
	}
	return page, nil
}

// Note returns one note. Errors: NotFound.
func (s *Store) Note(ctx context.Context, tenantID, noteID string) (portal.Note, error) {
	var row noteRow
	err := s.asStaff(ctx, tenantID, func(ctx context.Context, tx bun.Tx) (err error) {
		row, err = s.noteForUpdate(ctx, tx, tenantID, noteID)
		return err
	})
	if err != nil {
		return portal.Note{}, fmt.Errorf("read note: %w", err)
	}
	return row.note(), nil
}

func (s *Store) noteForUpdate(ctx context.Context, tx bun.Tx, tenantID, noteID string) (noteRow, error) {
	var row noteRow
	err := tx.NewRaw("SELECT * FROM tenant_notes WHERE tenant_id = ? AND note_id = ? AND deleted_at IS NULL"+s.db.ForUpdate(),
		tenantID, noteID).Scan(ctx, &row)
	return row, database.Map(err)
}

// CreateNote writes a note about a tenant. Errors: Invalid with what is wrong with body.
func (s *Store) CreateNote(ctx context.Context, tenantID string, by portal.Actor, body string) (portal.Note, error) {
	if err := checkNote(body); err != nil {
		return portal.Note{}, err
	}
	now := s.now()
	row := noteRow{
		NoteID: portal.NewID("note", now), TenantID: tenantID, AuthorID: by.UserID, AuthorName: by.Name, AuthorRole: by.Role,
		Body: body, Version: 1, CreatedAt: now.UnixMicro(), UpdatedAt: now.UnixMicro(),
	}
	err := s.asStaff(ctx, tenantID, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
			return err
		}
		if err := s.touch(ctx, tx, tenantID); err != nil {
			return err
		}
		return s.noteChanged(ctx, tx, row, by, portal.EventNoteCreated)
	})
	if err != nil {
		return portal.Note{}, fmt.Errorf("create note: %w", err)
	}
	return row.note(), nil
}

// ChangeNote replaces a note's text. Errors: Invalid; NotFound; Forbidden for who is neither its author nor an
// administrator; Conflict when version is not the note's any more.
func (s *Store) ChangeNote(ctx context.Context, tenantID, noteID string, by portal.Actor, body string, version int) (portal.Note, error) {
	if err := checkNote(body); err != nil {
		return portal.Note{}, err
	}
	row, err := s.writeNote(ctx, tenantID, noteID, by, version, portal.EventNoteChanged, func(r *noteRow) { r.Body = body })
	if err != nil {
		return portal.Note{}, fmt.Errorf("change note: %w", err)
	}
	return row.note(), nil
}

// DeleteNote takes a note away; its history stays. Errors: as [Store.ChangeNote].
func (s *Store) DeleteNote(ctx context.Context, tenantID, noteID string, by portal.Actor, version int) error {
	_, err := s.writeNote(ctx, tenantID, noteID, by, version, portal.EventNoteDeleted, func(r *noteRow) {
		r.Body, r.DeletedAt = "", s.now().UnixMicro()
	})
	if err != nil {
		return fmt.Errorf("delete note: %w", err)
	}
	return nil
}

// writeNote makes the next version of a note.
func (s *Store) writeNote(
	ctx context.Context, tenantID, noteID string, by portal.Actor, version int, what portal.EventType, change func(*noteRow),
) (noteRow, error) {
	var row noteRow
	err := s.asStaff(ctx, tenantID, func(ctx context.Context, tx bun.Tx) (err error) {
		if row, err = s.noteForUpdate(ctx, tx, tenantID, noteID); err != nil {
			return err
		}
		if !row.note().MayChange(by) {
			return portal.Fail(portal.Forbidden, errors.New("another's note"))
		}
		if row.Version != version {
			return &portal.Error{Code: portal.Conflict, Key: "notes.error.stale"}
		}
		change(&row)
		row.Version++
		row.UpdatedAt = s.now().UnixMicro()
		q := tx.NewUpdate().Model(&row).Column("body", "version", "updated_at", "deleted_at").
			Where("note_id = ? AND tenant_id = ? AND version = ?", noteID, tenantID, version)
		if by.Role != "platform_admin" {
			q = q.Where("author_id = ?", by.UserID)
		}
		if _, err := q.Exec(ctx); err != nil {
			return err
		}
		return s.noteChanged(ctx, tx, row, by, what)
	})
	return row, err
}

// noteChanged keeps a version in the history and records the event, without a word of the text.
func (s *Store) noteChanged(ctx context.Context, tx bun.Tx, r noteRow, by portal.Actor, what portal.EventType) error {
	v := noteVersionRow{
		NoteID: r.NoteID, Version: r.Version, TenantID: r.TenantID, ByID: by.UserID, ByName: by.Name, ByRole: by.Role,
		At: r.UpdatedAt, Body: r.Body, Deleted: what == portal.EventNoteDeleted,
	}
	if _, err := tx.NewInsert().Model(&v).Returning("NULL").Exec(ctx); err != nil {
		return err
	}
	return s.record(ctx, tx, portal.Event{
		Type: what, TenantID: r.TenantID, Subject: "note/" + r.NoteID, Actor: by,
		Data: map[string]string{"version": strconv.Itoa(r.Version)},
	})
}

// NoteHistory returns every version of a note, newest first, also of one that was deleted. Errors: NotFound.
func (s *Store) NoteHistory(ctx context.Context, tenantID, noteID string) ([]portal.NoteVersion, error) {
	var rows []noteVersionRow
	err := s.asStaff(ctx, tenantID, func(ctx context.Context, tx bun.Tx) error {
		rows = nil // the transaction may run again
		return tx.NewSelect().Model(&rows).Where("tenant_id = ? AND note_id = ?", tenantID, noteID).Order("version DESC").Scan(ctx)
	})
	if err == nil && len(rows) == 0 {
		err = portal.Fail(portal.NotFound, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("read note history: %w", err)
	}
	out := make([]portal.NoteVersion, len(rows))
	for i, r := range rows {
		out[i] = portal.NoteVersion{
			Version: r.Version, By: portal.Actor{UserID: r.ByID, Name: r.ByName, Role: r.ByRole},
			At: time.UnixMicro(r.At).UTC(), Body: r.Body, Deleted: r.Deleted,
		}
	}
	return out, nil
}

func checkNote(body string) error {
	switch {
	case strings.TrimSpace(body) == "":
		return portal.InvalidField("body", "field.required")
	case len(body) > portal.MaxNote:
		return portal.InvalidField("body", "field.too_long")
	case !utf8.ValidString(body) || strings.ContainsRune(body, 0): // PostgreSQL keeps neither
		return portal.InvalidField("body", "field.invalid")
	}
	return nil
}
