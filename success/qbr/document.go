package qbr

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/pdf"
)

// brand is the product's name, the same in all languages.
const brand = "Ghasi"

// review is a review while it is drawn.
type review struct {
	Input
	*locales.Printer
	d *pdf.Doc
}

// Document draws a review without signing it. fingerprint, of the key that will sign, stands on every page. Errors:
// analytics of another tenant, or of no period.
func Document(in Input, fingerprint string) ([]byte, error) {
	if in.Printer == nil {
		return nil, errors.New("review: no language")
	}
	a := in.Analytics
	if a.TenantID != in.Tenant.TenantID || in.Before != nil && in.Before.TenantID != a.TenantID {
		return nil, fmt.Errorf("review of %s: analytics of another tenant", in.Tenant.TenantID)
	}
	start, end, err := bounds(a)
	if err != nil {
		return nil, err
	}
	in.Printer = in.Printer.Kabul()
	p := in.Printer
	period, gregorian := p.Period(start, end)
	r := &review{Input: in, Printer: p}
	r.d = pdf.New(pdf.Options{
		Title: title(in), Lang: p.Tag, RTL: p.Dir == "rtl", Author: brand, Created: p.Now, Footer: r.footer(fingerprint),
	})
	details := []string{r.t("qbr.document.account", "id", in.Tenant.TenantID), r.t("qbr.document.generated", "at", p.Date(p.Now))}
	if gregorian != "" {
		details = append(details, string(gregorian))
	}
	r.d.Masthead(pdf.Masthead{
		Brand: brand, Title: title(in), Details: details,
		Subtitle: r.t("qbr.document.subtitle", "name", in.Tenant.Name, "period", period),
	})
	r.d.Callout(strings.Join(r.summary(end), " "))
	r.tiles()
	r.traffic()
	r.operators()
	r.compliance()
	r.holds()
	r.tops()
	r.money()
	r.credits()
	r.health()
	r.d.Heading(2, r.t("qbr.about.title"))
	r.d.Paragraph(r.t("qbr.about.text"))
	var out bytes.Buffer
	if err := r.d.Write(&out); err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	return out.Bytes(), nil
}

func title(in Input) string {
	kind := "other"
	if strings.Contains(in.Analytics.Period, "-Q") {
		kind = "quarter"
	}
	return string(in.Printer.T("qbr.document.title", "kind", kind))
}

// t is a message as the document takes it.
func (r *review) t(key string, args ...any) string { return string(r.T(key, args...)) }

func (r *review) footer(fingerprint string) func(page, pages int) pdf.Band {
	return func(page, pages int) pdf.Band {
		return pdf.Band{
			Start: r.t("qbr.document.generated", "at", r.DateTime(r.Now)),
			End:   r.t("qbr.document.page", "page", page, "pages", pages),
			Below: r.t("qbr.document.key", "fingerprint", fingerprint),
		}
	}
}
