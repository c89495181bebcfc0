package apikeys

import (
	"slices"
	"strings"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// newTable lists keys, the usable ones first and each part in the platform's order.
func newTable(p *locales.Printer, all []portal.APIKey) views.APIKeyTable {
	if len(all) == 0 {
		return views.APIKeyTable{Empty: &views.Empty{
			Icon: "key-round", Title: p.T("apikeys.list.empty.title"), Text: p.T("apikeys.list.empty.text"),
			Action: &views.Link{Label: p.T("apikeys.new.open"), URL: home + "/new"},
		}}
	}
	rows := make([]views.APIKeyRow, len(all))
	for i, k := range all {
		rows[i] = newRow(p, k)
	}
	slices.SortStableFunc(rows, func(a, b views.APIKeyRow) int {
		switch {
		case a.Ended == b.Ended:
			return 0
		case b.Ended:
			return -1
		}
		return 1
	})
	return views.APIKeyTable{Rows: rows}
}

func newRow(p *locales.Printer, k portal.APIKey) views.APIKeyRow {
	row := views.APIKeyRow{
		ID: k.KeyID, Name: k.Name, Masked: masked(k), Scopes: names(k.Scopes),
		Status:  views.Badge{Kind: string(k.Status), Label: p.T("status." + string(k.Status))},
		Created: instant(p, &k.CreatedAt), LastUsed: instant(p, k.LastUsedAt), Unused: k.LastUsedAt == nil,
		LastUsedIP: k.LastUsedIP, Ended: k.Status != portal.KeyActive,
	}
	if k.Status == portal.KeyActive {
		row.RevokeURL = home + "/" + k.KeyID + "/revoke"
		if k.ExpiresAt != nil {
			row.Expires = p.T("apikeys.list.expires", "date", p.Date(*k.ExpiresAt))
		}
	}
	return row
}

// formView is the form filled with what was typed and what is wrong with it.
func formView(p *locales.Printer, f form, wrong []portal.FieldError, dialog bool) views.APIKeyForm {
	view := views.APIKeyForm{
		Attempt: f.attempt, Dialog: dialog,
		Name: views.Field{
			Name: inputName, Type: "text", Value: f.name, Label: p.T("apikeys.new.name"), Help: p.T("apikeys.new.name.help"),
			Autocomplete: "off", MaxLength: maxName, Required: true, Autofocus: len(wrong) < 2,
		},
		Scopes: views.Choices{Name: inputScope, Label: p.T("apikeys.new.scopes"), Help: p.T("apikeys.new.scopes.help")},
		Expiry: views.Choices{Name: inputExpiry, Label: p.T("apikeys.new.expiry"), Single: true},
	}
	for _, s := range portal.Scopes {
		view.Scopes.Items = append(view.Scopes.Items, views.Choice{
			Value: string(s), Label: locales.Verbatim(string(s)), Help: p.T("apikeys.scope." + key(s)),
			Checked: slices.Contains(f.scopes, string(s)),
		})
	}
	for _, days := range expiries {
		view.Expiry.Items = append(view.Expiry.Items, views.Choice{
			Value: days, Label: p.T("apikeys.new.expiry." + days), Checked: f.expiry == days,
		})
	}
	var summary []views.Link
	for _, w := range wrong {
		text := p.T(w.Key, w.Args...)
		switch w.Field {
		case "name":
			view.Name.Error = text
			summary = append(summary, views.Link{Label: view.Name.Label, URL: "#" + view.Name.ID()})
		case "scopes":
			view.Scopes.Error = text
			summary = append(summary, views.Link{Label: view.Scopes.Label, URL: "#" + view.Scopes.ID()})
		default:
			view.Expiry.Error = text
			summary = append(summary, views.Link{Label: view.Expiry.Label, URL: "#" + view.Expiry.ID()})
		}
	}
	if len(summary) > 1 {
		view.Alert = &views.Alert{Tone: "error", Title: p.T("error.invalid.title"), Items: summary, Focus: true}
	}
	return view
}

func createdView(p *locales.Printer, k portal.CreatedAPIKey) views.APIKeyCreated {
	return views.APIKeyCreated{
		Name: k.Name, Scopes: names(k.Scopes),
		Secret: views.Secret{Value: k.RawKey, Label: p.T("apikeys.created.secret"), Warning: p.T("apikeys.created.warning")},
	}
}

func revokeView(p *locales.Printer, k portal.APIKey) views.APIKeyRevoke {
	view := views.APIKeyRevoke{
		URL: home + "/" + k.KeyID + "/revoke", Title: p.T("apikeys.revoke.name", "name", k.Name), Name: k.Name, Masked: masked(k),
	}
	for _, s := range k.Scopes {
		if s.Valid() {
			view.Stops = append(view.Stops, p.T("apikeys.revoke.stops."+key(s)))
		}
	}
	if k.LastUsedAt != nil {
		view.LastUsed = p.T("apikeys.revoke.used", "when", p.Ago(*k.LastUsedAt))
	}
	return view
}

// masked is as much of a key as its owner needs to tell it from another.
func masked(k portal.APIKey) string { return k.Prefix + "…" + k.Last4 }

func names(scopes []portal.Scope) []string {
	out := make([]string, len(scopes))
	for i, s := range scopes {
		out[i] = string(s)
	}
	return out
}

// key is a scope as a part of a catalogue key.
func key(s portal.Scope) string { return strings.ReplaceAll(string(s), ":", "_") }

// instant is a moment for reading; nil is none.
func instant(p *locales.Printer, t *time.Time) views.Time {
	if t == nil {
		return views.Time{}
	}
	return views.NewTime(p, *t)
}
