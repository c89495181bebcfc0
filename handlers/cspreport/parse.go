package cspreport

import (
	"encoding/json"
	"errors"

	"ghasi.io/portal/portal"
)

// legacy is the body of report-uri: one object.
type legacy struct {
	Report struct {
		Directive   string `json:"effective-directive"`
		Violated    string `json:"violated-directive"`
		Blocked     string `json:"blocked-uri"`
		Document    string `json:"document-uri"`
		Disposition string `json:"disposition"`
	} `json:"csp-report"`
}

// modern is one element of the Reporting API's array. An integrity violation has a destination in place of a directive.
type modern struct {
	Type string `json:"type"`
	Body struct {
		Directive   string `json:"effectiveDirective"`
		Destination string `json:"destination"`
		Blocked     string `json:"blockedURL"`
		Document    string `json:"documentURL"`
		Disposition string `json:"disposition"`
		ReportOnly  bool   `json:"reportOnly"`
	} `json:"body"`
}

// parse reads both wire formats. What is reported of a page of another host than ours is left out.
func parse(contentType string, body []byte, host string) ([]portal.PolicyReport, error) {
	switch contentType {
	case "application/csp-report":
		var r legacy
		if err := json.Unmarshal(body, &r); err != nil {
			return nil, err
		}
		directive := r.Report.Directive
		if directive == "" {
			directive = r.Report.Violated
		}
		return clean(nil, host, directive, r.Report.Blocked, r.Report.Document, r.Report.Disposition), nil
	case "application/reports+json":
		var reports []modern
		if err := json.Unmarshal(body, &reports); err != nil {
			return nil, err
		}
		var found []portal.PolicyReport
		for _, r := range reports[:min(len(reports), maxReports)] {
			switch r.Type {
			case "csp-violation":
				found = clean(found, host, r.Body.Directive, r.Body.Blocked, r.Body.Document, r.Body.Disposition)
			case "integrity-violation":
				disposition := "enforce"
				if r.Body.ReportOnly {
					disposition = "report"
				}
				found = clean(found, host, integrity, r.Body.Blocked, r.Body.Document, disposition)
			}
		}
		return found, nil
	default:
		return nil, errors.New("not a report")
	}
}
