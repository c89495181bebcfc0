package qbr

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
)

// tool runs one of Poppler's programs on a document. On a developer's machine without it the check is left out; in CI it
// must be there.
func tool(t *testing.T, document []byte, name string, args ...string) (output string, ran bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // a test asks where it runs
			t.Fatalf("%s is not installed: .ci/install.sh brings it", name)
		}
		t.Logf("%s is not installed: not checked with it", name)
		return "", false
	}
	file := filepath.Join(t.TempDir(), "review.pdf")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil && name != "pdfsig" { // which says what it finds in words
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out), true
}

// words extracts a document's text, in order, without what only steers directions.
func words(t *testing.T, document []byte) (string, bool) {
	t.Helper()
	out, ran := tool(t, document, "pdftotext", "FILE", "-")
	return plain(out), ran
}

func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= '\u200e' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// TestDocument_HasAllTheFigures: each thing that a review is to show is in the document, in every language, with its
// figures in that language's digits.
func TestDocument_HasAllTheFigures(t *testing.T) {
	for _, tag := range locales.Tags {
		t.Run(tag, func(t *testing.T) {
			in := sample(t, tag)
			document, err := Document(in, fingerprint)
			if err != nil {
				t.Fatal(err)
			}
			text, ran := words(t, document)
			if !ran {
				return
			}
			p := in.Printer
			n := func(v int64) locales.Text { return p.Number(v) }
			for what, want := range map[string][]locales.Text{
				"traffic by month":            {p.T("qbr.traffic.title"), n(40_100), n(46_402), n(37_000)},
				"delivery rate by operator":   {p.T("qbr.operators.title"), p.T("operator.roshan"), p.Percent(28_500.0 / 29_800)},
				"compliance score trajectory": {p.T("qbr.compliance.title"), p.T("qbr.series.before"), p.Decimal(99.5, 1)},
				"hold-queue activity":         {p.T("qbr.holds.title"), n(412), n(380), p.T("qbr.duration.minutes", "n", 90), p.T("qbr.duration.seconds", "n", 95)},
				"top sender IDs":              {p.T("qbr.senders.title"), "PAMIR-OTP", n(90_000)},
				"top destinations":            {p.T("qbr.destinations.title"), "+9379", n(36_402)},
				"spend":                       {p.T("qbr.spend.title"), p.Amount("AFN", 49_081*afn), p.Amount("AFN", 45_500*afn)},
				"credit balance":              {p.T("qbr.tile.balance"), p.Amount("AFN", 84_210*afn), p.Amount("AFN", 33_291*afn)},
				"SLA-credit accruals":         {p.T("qbr.credits.title"), p.Percent(0.964), p.Percent(0.97), p.Amount("AFN", 804*afn)},
				"account health":              {p.T("qbr.health.title"), p.T("qbr.health.payments"), p.T("qbr.health.missing")},
				"foot":                        {p.T("qbr.document.page", "page", 1, "pages", 3), p.Clock(at), "AB12"},
			} {
				for _, w := range want {
					// The reader puts the parts of a line with both directions in another order, so words are looked for.
					for word := range strings.FieldsSeq(plain(string(w))) {
						if !strings.Contains(text, word) {
							t.Errorf("%s: %q of %q is missing", what, word, w)
						}
					}
				}
			}
			info, _ := tool(t, document, "pdfinfo", "FILE")
			if !strings.Contains(info, "Tagged:          yes") || !strings.Contains(info, "Pages:           3") {
				t.Errorf("pdfinfo says\n%s", info)
			}
		})
	}
}

// TestSummary is what the figures say in English, sentence by sentence.
func TestSummary(t *testing.T) {
	quiet := func(in *Input) { in.Analytics.Totals = portal.AnalyticsTotals{}; in.Analytics.SLACredits = nil }
	for name, c := range map[string]struct {
		change func(*Input)
		want   []string
	}{
		"more traffic": {func(*Input) {}, []string{
			"Pamir Logistics sent 128,402 messages in this period, 12.6% more than in the one before.",
			"97.4% of those that reached a final state were delivered, the same as before.",
			"The lowest delivery rate was Etisalat’s, 95.6%.",
			"412 messages were held for a compliance check, 0.3% of all.",
			"Spend came to AFN 49,081.00; the balance at the end was AFN 84,210.00.",
			"Months below the promised delivery rate earned back AFN 804.00.",
		}},
		"less traffic, worse": {func(in *Input) {
			in.Analytics.Totals.Submitted, in.Analytics.Totals.Delivered, in.Analytics.Totals.Final, in.Analytics.Totals.Held = 1, 90, 100, 1
			in.Analytics.Operators, in.Analytics.SLACredits = nil, nil
		}, []string{
			"sent 1 message in this period, 100% fewer than", "90% of those that reached a final state were delivered, 7.4 points less than before.",
			"1 message was held for a compliance check, 100% of all.",
		}},
		"nothing before": {func(in *Input) { in.Analytics.Previous = portal.AnalyticsTotals{} }, []string{
			"sent 128,402 messages in this period; in the one before there were none.", "97.4% of those that reached a final state were delivered.",
		}},
		"nothing final": {func(in *Input) {
			in.Analytics.Totals.Delivered, in.Analytics.Totals.Final, in.Analytics.Totals.Held = 0, 0, 0
		}, []string{"None of them has reached a final state yet.", "No message was held for a compliance check."}},
		"nothing now":  {quiet, []string{"Pamir Logistics sent no messages in this period; in the one before it sent 114,080 messages.", "Spend came to AFN 0.00"}},
		"nothing ever": {func(in *Input) { quiet(in); in.Analytics.Previous = portal.AnalyticsTotals{} }, []string{"sent no messages in this period or the one before."}},
		"not over":     {func(in *Input) { in.Analytics.End = "2026-05-01" }, []string{"The period is not over: these are the figures up to 2 April 2026."}},
	} {
		t.Run(name, func(t *testing.T) {
			in := sample(t, "en")
			c.change(&in)
			_, end, err := bounds(in.Analytics)
			if err != nil {
				t.Fatal(err)
			}
			got := plain(strings.Join((&review{Input: in, Printer: in.Printer}).summary(end), " "))
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("the summary does not say %q:\n%s", want, got)
				}
			}
			if name == "nothing ever" && (strings.Contains(got, "deliver") || strings.Contains(got, "held") || strings.Contains(got, "%")) {
				t.Errorf("the summary speaks of what did not happen:\n%s", got)
			}
			if name == "less traffic, worse" && strings.Contains(got, "lowest") {
				t.Errorf("the summary compares operators that are not there:\n%s", got)
			}
		})
	}
}

// TestDocument_NothingHappened: a quarter without traffic is told as one, without figures that would be made up.
func TestDocument_NothingHappened(t *testing.T) {
	for _, tag := range locales.Tags {
		in := empty(t, tag)
		document, err := Document(in, fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		text, ran := words(t, document)
		if !ran {
			return
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "%") || strings.Contains(text, "٪") {
			t.Errorf("%s: a rate of nothing:\n%s", tag, text)
		}
		if tag == "en" {
			for _, want := range []string{"Herat Pharmacy sent no messages in this period or the one before.", "No month has been assessed yet.", "The period is not over"} {
				if !strings.Contains(text, want) {
					t.Errorf("the document does not say %q:\n%s", want, text)
				}
			}
		}
	}
}

func TestDocument_HealthNotKnown(t *testing.T) {
	in := sample(t, "en")
	in.Health = &portal.HealthScore{}
	document, err := Document(in, fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if text, ran := words(t, document); ran && !strings.Contains(text, "Too little is known for a score.") {
		t.Errorf("the document does not say that there is no score:\n%s", text)
	}
}

func TestDocument_Refuses(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"another tenant's analytics":        func(in *Input) { in.Analytics.TenantID = "ten_other" },
		"another tenant's analytics before": func(in *Input) { in.Before.TenantID = "ten_other" },
		"no period":                         func(in *Input) { in.Analytics.Start = "" },
		"a period that ends first":          func(in *Input) { in.Analytics.End = "2025-01-01" },
		"no language":                       func(in *Input) { in.Printer = nil },
	} {
		in := sample(t, "en")
		change(&in)
		if _, err := Document(in, fingerprint); err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestDocument_SameInputSameBytes(t *testing.T) {
	one, err1 := Document(sample(t, "ps"), fingerprint)
	two, err2 := Document(sample(t, "ps"), fingerprint)
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Errorf("%d and %d bytes, %v, %v", len(one), len(two), err1, err2)
	}
}

func TestMake_IsSigned(t *testing.T) {
	key := testKey(t)
	for _, tag := range []string{"en", "ps"} {
		var steps []int
		document, err := Make(context.Background(), sample(t, tag), key, func(percent int) { steps = append(steps, percent) })
		if err != nil {
			t.Fatal(err)
		}
		s, err := pdf.Verify(document, nil)
		if err != nil || pdf.Fingerprint(s.Certificate) != key.Fingerprint() || !s.At.Equal(at) || s.Reason == "" {
			t.Errorf("%s: %+v, %v", tag, s, err)
		}
		if len(steps) < 3 || steps[0] != 0 || steps[len(steps)-1] != 100 {
			t.Errorf("progress %v", steps)
		}
		if out, ran := tool(t, document, "pdfsig", "-nocert", "FILE"); ran &&
			(!strings.Contains(out, "Signature is Valid") || !strings.Contains(out, "Total document signed")) {
			t.Errorf("pdfsig says\n%s", out)
		}
		if text, ran := words(t, document); ran && !strings.Contains(text, key.Fingerprint()[:9]) {
			t.Error("the key's fingerprint is not in the document")
		}
		document[bytes.Index(document, []byte("/Lang("))+6] ^= 1
		if out, ran := tool(t, document, "pdfsig", "-nocert", "FILE"); ran && !strings.Contains(out, "Digest Mismatch") {
			t.Errorf("pdfsig says of a changed byte\n%s", out)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Make(ended, sample(t, "en"), key, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestBefore(t *testing.T) {
	for want, a := range map[string]portal.Analytics{
		"2025-10-01/2026-01-01": {Start: "2026-01-01", End: "2026-04-01"},
		"2026-02-01/2026-03-01": {Start: "2026-03-01", End: "2026-04-01"},
		"2026-02-10/2026-03-12": {Start: "2026-03-12", End: "2026-04-11"},
	} {
		if got, err := Before(a); got != want || err != nil {
			t.Errorf("before %s to %s comes %s, %v; want %s", a.Start, a.End, got, err, want)
		}
	}
	if _, err := Before(portal.Analytics{Start: "x", End: "2026-01-01"}); err == nil {
		t.Error("no period has one before")
	}
}

func BenchmarkMake(b *testing.B) {
	key := testKey(b)
	for _, tag := range []string{"en", "ps"} {
		in := sample(b, tag)
		b.Run(tag, func(b *testing.B) {
			for b.Loop() {
				document, err := Make(context.Background(), in, key, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(document)), "file-bytes")
			}
		})
	}
}
