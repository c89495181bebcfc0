// Package qbr draws up business reviews: what a customer's account manager hands over after a quarter, as a signed PDF in
// the customer's language.
package qbr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
)

// Input is what a review is drawn from.
type Input struct {
	Tenant    portal.Tenant
	Analytics portal.Analytics
	Before    *portal.Analytics   // the period before, by [Before]; nil: its totals alone are compared with
	Health    *portal.HealthScore // nil: the review does not speak of it
	Printer   *locales.Printer    // language, calendar, and when the review is drawn up
}

// The steps that Make reports, in percent.
const (
	drawn  = 70
	signed = 100
)

// Make draws a review and signs it. progress, which may be nil, is told how far it is, from 0 to 100. Errors: those of
// [Document] and of the key; the context's when it ends in between.
func Make(ctx context.Context, in Input, key Key, progress func(percent int)) ([]byte, error) {
	if progress == nil {
		progress = func(int) {}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	progress(0)
	document, err := Document(in, key.Fingerprint())
	if err != nil {
		return nil, err
	}
	progress(drawn)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	document, err = pdf.Sign(document, pdf.Signer{
		Key: key.Signer, Certificate: key.Certificate, Chain: key.Chain, Name: key.Certificate.Subject.CommonName,
		Reason: title(in), At: in.Printer.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("sign review: %w", err)
	}
	progress(signed)
	return document, nil
}

// Before names the period of the same length before a, for [Input]: by months when a is whole months, else by days.
func Before(a portal.Analytics) (string, error) {
	start, end, err := bounds(a)
	if err != nil {
		return "", err
	}
	from := start.AddDate(0, 0, -int(end.Sub(start)/(24*time.Hour)))
	months := (end.Year()-start.Year())*12 + int(end.Month()-start.Month())
	if start.Day() == 1 && end.Day() == 1 {
		from = start.AddDate(0, -months, 0)
	}
	return from.Format(time.DateOnly) + "/" + start.Format(time.DateOnly), nil
}

// bounds are the midnights in Kabul that a period lies between.
func bounds(a portal.Analytics) (start, end time.Time, err error) {
	start, err1 := day(a.Start)
	end, err2 := day(a.End)
	if err := errors.Join(err1, err2); err != nil {
		return start, end, fmt.Errorf("period of the analytics: %w", err)
	}
	if !start.Before(end) {
		return start, end, fmt.Errorf("period of the analytics: %s is not before %s", a.Start, a.End)
	}
	return start, end, nil
}

func day(s string) (time.Time, error) { return time.ParseInLocation(time.DateOnly, s, locales.Kabul) }
