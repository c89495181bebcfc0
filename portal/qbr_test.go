package portal

import (
	"testing"
	"time"
)

func TestQuarter(t *testing.T) {
	for in, want := range map[string]string{
		"2026-Q1": "2026-01-01 2026-04-01", "2026-Q4": "2026-10-01 2027-01-01",
		"": "", "2026-Q5": "", "2026-Q0": "", "1999-Q1": "", "2026-q1": "", "2026-Q11": "", " 2026-Q1": "", "2026": "",
	} {
		start, end, ok := Quarter(in)
		got := ""
		if ok {
			got = start.Format(time.DateOnly) + " " + end.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if ok && QuarterOf(start) != in {
			t.Errorf("%q begins in %s", in, QuarterOf(start))
		}
	}
}
