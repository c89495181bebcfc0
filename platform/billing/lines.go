package billing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// dayRow is a row of billing_days. back are its refunds that no invoice has shown.
type dayRow struct {
	dayKey
	unit, messages, segments, charged int64
	back                              refunds
	single                            int64 // of charged: what has entries of its own
}

// newLines are the lines of a month's invoice, and the rows that they cover. Refunds of months that were billed before
// follow as credit lines, as long as the invoice does not fall below zero: the rest waits for a later one (the money
// itself was given back when the message failed).
func (s *Service) newLines(ctx context.Context, tx bun.Tx, tenantID string, m month) ([]portal.InvoiceLine, []dayKey, error) {
	usage, earlier, err := unbilled(ctx, tx, tenantID, m)
	if err != nil {
		return nil, nil, err
	}
	lines := usageLines(usage, m)
	var billed []dayKey
	var sum int64
	for _, l := range lines {
		sum += l.AmountMicros
	}
	for _, r := range usage {
		billed = append(billed, r.dayKey)
	}
	if len(earlier) == 0 {
		return lines, billed, nil
	}
	old, err := earlierLines(ctx, tx, tenantID)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range credits(earlier, old) {
		if sum+c.line.AmountMicros < 0 {
			continue
		}
		sum += c.line.AmountMicros
		lines, billed = append(lines, c.line), append(billed, c.rows...)
	}
	return lines, billed, nil
}

// unbilled reads the days of a month, and those before it with refunds that no invoice has shown.
func unbilled(ctx context.Context, tx bun.Tx, tenantID string, m month) (usage, earlier []dayRow, err error) {
	start := micros(m.start)
	err = each(ctx, tx.Tx, "SELECT day, operator, unit_micros, messages, segments, charged_micros, refunded_messages - billed_refunded_messages, "+
		"refunded_segments - billed_refunded_segments, refunded_micros - billed_refunded_micros FROM billing_days "+
		"WHERE tenant_id = $1 AND day < $3 AND (day >= $2 OR refunded_messages > billed_refunded_messages) ORDER BY day, operator",
		[]any{tenantID, start, micros(m.end())}, func(scan func(...any) error) error {
			var r dayRow
			if err := scan(&r.day, &r.operator, &r.unit, &r.messages, &r.segments, &r.charged,
				&r.back.messages, &r.back.segments, &r.back.micros); err != nil {
				return err
			}
			if r.day >= start {
				usage = append(usage, r)
			} else {
				earlier = append(earlier, r)
			}
			return nil
		})
	return usage, earlier, err
}

// usageLines are a month's rows by operator and price. Prices change at midnight, so each line is a span of whole days,
// and the lines of an operator cover the month.
func usageLines(rows []dayRow, m month) []portal.InvoiceLine {
	slices.SortStableFunc(rows, func(a, b dayRow) int {
		return cmp.Or(byRank(a.operator, b.operator), cmp.Compare(a.day, b.day))
	})
	var lines []portal.InvoiceLine
	for i, r := range rows {
		if i == 0 || rows[i-1].operator != r.operator || rows[i-1].unit != r.unit {
			from := m.start
			if i > 0 && rows[i-1].operator == r.operator {
				from = fromMicros(r.day)
				lines[len(lines)-1].SubmittedBefore = from
			}
			lines = append(lines, portal.InvoiceLine{Operator: r.operator, UnitMicros: r.unit, SubmittedAfter: from, SubmittedBefore: m.end()})
		}
		l := &lines[len(lines)-1]
		l.Messages += int(r.messages - r.back.messages)
		l.Segments += int(r.segments - r.back.segments)
		l.Refunded += int(r.back.messages)
		l.AmountMicros += r.charged - r.back.micros
	}
	return lines
}

func byRank(a, b string) int { return cmp.Compare(rank(a), rank(b)) }

// rank is the order that operators are listed in.
func rank(operator string) int {
	if i := slices.Index(sms.Operators, operator); i >= 0 {
		return i
	}
	return len(sms.Operators)
}

// credit is a credit line and the rows that it covers.
type credit struct {
	line portal.InvoiceLine
	rows []dayKey
}

// credits give back the refunds of earlier months, one for each line that charged them.
func credits(rows []dayRow, charged []portal.InvoiceLine) []credit {
	var out []credit
	for _, l := range charged {
		c := credit{line: portal.InvoiceLine{
			Operator: l.Operator, Credit: true, UnitMicros: l.UnitMicros, SubmittedAfter: l.SubmittedAfter, SubmittedBefore: l.SubmittedBefore,
		}}
		for _, r := range rows {
			if r.operator != l.Operator || r.day < micros(l.SubmittedAfter) || r.day >= micros(l.SubmittedBefore) {
				continue
			}
			c.rows = append(c.rows, r.dayKey)
			c.line.Refunded += int(r.back.messages)
			c.line.Segments += int(r.back.segments)
			c.line.AmountMicros -= r.back.micros
		}
		if len(c.rows) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// earlierLines are the lines that charged a tenant, oldest first.
func earlierLines(ctx context.Context, tx bun.Tx, tenantID string) ([]portal.InvoiceLine, error) {
	var lines []portal.InvoiceLine
	err := each(ctx, tx.Tx, "SELECT operator, unit_micros, submitted_after, submitted_before FROM billing_invoice_lines AS line "+
		"JOIN billing_invoices AS invoice ON invoice.id = line.invoice_id WHERE invoice.tenant_id = $1 AND line.credit = 0 "+
		"ORDER BY submitted_after, nth", []any{tenantID}, func(scan func(...any) error) error {
		var l portal.InvoiceLine
		var after, before int64
		err := scan(&l.Operator, &l.UnitMicros, &after, &before)
		l.SubmittedAfter, l.SubmittedBefore = fromMicros(after), fromMicros(before)
		lines = append(lines, l)
		return err
	})
	return lines, err
}

// markBilled notes that an invoice shows the refunds of these days as they are now.
func markBilled(ctx context.Context, tx bun.Tx, tenantID string, rows []dayKey) error {
	update, err := tx.PrepareContext(ctx, "UPDATE billing_days SET billed_refunded_messages = refunded_messages, "+
		"billed_refunded_segments = refunded_segments, billed_refunded_micros = refunded_micros "+
		"WHERE tenant_id = $1 AND day = $2 AND operator = $3 AND refunded_messages <> billed_refunded_messages")
	if err != nil {
		return err
	}
	defer update.Close() //nolint:errcheck // the transaction tells
	for _, k := range rows {
		if _, err := update.ExecContext(ctx, tenantID, k.day, k.operator); err != nil {
			return fmt.Errorf("mark %s as billed: %w", dayString(k.day), err)
		}
	}
	return nil
}
