package billing

import (
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// accountTiles are what the account has and owes, as far as it could be read.
func accountTiles(p *locales.Printer, f facts) []views.Tile {
	var tiles []views.Tile
	if f.usageErr == nil {
		tiles = append(tiles, balanceTile(p, f.usage))
	}
	if f.invoicesErr == nil {
		owed := views.Tile{Label: p.T("billing.tile.outstanding"), Value: p.Amount(string(f.invoices.Currency), f.invoices.OutstandingMicros)}
		switch n := f.invoices.OverdueCount; {
		case n > 0:
			owed.Note, owed.Tone, owed.URL = p.T("billing.tile.overdue", "n", n), "bad", overdueURL
		case f.invoices.OutstandingMicros == 0:
			owed.Note = p.T("billing.tile.nothing_owed")
		default:
			owed.Note = p.T("billing.tile.not_due")
		}
		tiles = append(tiles, owed)
	}
	if f.usageErr == nil {
		tiles = append(tiles, views.Tile{
			Label: p.T("billing.tile.month"), Value: p.Amount(string(f.usage.Currency), f.usage.SpendMicros),
			Note: p.T("billing.tile.projected", "amount", p.Amount(string(f.usage.Currency), f.usage.ProjectedMicros)), URL: home + "?tab=" + tabUsage,
		})
	}
	return tiles
}

// balanceTile is the credit left, and how much of it can be spent.
func balanceTile(p *locales.Printer, u portal.Usage) views.Tile {
	t := views.Tile{Label: p.T("billing.tile.balance"), Value: p.Amount(string(u.Currency), u.BalanceMicros)}
	left := u.BalanceMicros + u.CreditLimitMicros
	switch {
	case left <= 0:
		t.Note, t.Tone = p.T("billing.tile.used_up"), "bad"
	case u.LowBalanceMicros > 0 && u.BalanceMicros < u.LowBalanceMicros:
		t.Note, t.Tone = p.T("billing.tile.low", "amount", p.Amount(string(u.Currency), u.LowBalanceMicros)), "bad"
	case u.CreditLimitMicros > 0:
		t.Note = p.T("billing.tile.left", "amount", p.Amount(string(u.Currency), left), "limit", p.Amount(string(u.Currency), u.CreditLimitMicros))
	}
	return t
}

const overdueURL = home + "?status=overdue&tab=" + tabInvoices

// overdueAlert says what should have been paid; nil when nothing should.
func overdueAlert(p *locales.Printer, page portal.InvoicePage) *views.Alert {
	if page.OverdueCount == 0 {
		return nil
	}
	return &views.Alert{
		Tone: "error", Title: p.T("billing.overdue.title", "n", page.OverdueCount),
		Text:  p.T("billing.overdue.text", "amount", p.Amount(string(page.Currency), page.OutstandingMicros)),
		Items: []views.Link{{Label: p.T("billing.overdue.show"), URL: overdueURL}},
	}
}
