package health

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/portal"
)

// well is an account with nothing against it.
func well() Inputs {
	return Inputs{
		Delivered: 1000, Final: 1000, Submitted: 1000, Invoices: portal.AnalyticsInvoices{Due: 3, PaidInTime: 3}, NPS: portal.NPS{Promoters: 4},
	}
}

func TestComponents(t *testing.T) {
	for name, tc := range map[string]struct {
		component portal.HealthComponentName
		change    func(*Inputs)
		measured  int
		points    int
	}{
		"all delivered":    {portal.HealthDelivery, func(*Inputs) {}, 10_000, 100},
		"99 %":             {portal.HealthDelivery, func(in *Inputs) { in.Delivered = 990 }, 9900, 100},
		"98 %":             {portal.HealthDelivery, func(in *Inputs) { in.Delivered = 980 }, 9800, 90},
		"the promise":      {portal.HealthDelivery, func(in *Inputs) { in.Delivered = 970 }, 9700, 80},
		"96 %":             {portal.HealthDelivery, func(in *Inputs) { in.Delivered = 960 }, 9600, 65},
		"95 %":             {portal.HealthDelivery, func(in *Inputs) { in.Delivered = 950 }, 9500, 50},
		"90 %":             {portal.HealthDelivery, func(in *Inputs) { in.Delivered = 900 }, 9000, 0},
		"none delivered":   {portal.HealthDelivery, func(in *Inputs) { in.Delivered = 0 }, 0, 0},
		"none held":        {portal.HealthHolds, func(*Inputs) {}, 0, 100},
		"0.5 % held":       {portal.HealthHolds, func(in *Inputs) { in.Held = 5 }, 50, 100},
		"2 % held":         {portal.HealthHolds, func(in *Inputs) { in.Held = 20 }, 200, 60},
		"3.5 % held":       {portal.HealthHolds, func(in *Inputs) { in.Held = 35 }, 350, 30},
		"all held":         {portal.HealthHolds, func(in *Inputs) { in.Held = 1000 }, 10_000, 0},
		"all paid in time": {portal.HealthPayments, func(*Inputs) {}, 10_000, 100},
		"one a week late": {portal.HealthPayments, func(in *Inputs) {
			in.Invoices = portal.AnalyticsInvoices{Due: 2, PaidInTime: 1, PaidLate: 1, MeanDaysLate: 7}
		}, 5000, 83},
		"one overdue": {portal.HealthPayments, func(in *Inputs) {
			in.Invoices = portal.AnalyticsInvoices{Due: 2, PaidInTime: 1, Overdue: 1, MeanDaysLate: 3}
		}, 5000, 50},
		"half a year late": {portal.HealthPayments, func(in *Inputs) { in.Invoices = portal.AnalyticsInvoices{Due: 1, PaidLate: 1, MeanDaysLate: 180} }, 0, 0},
		"no ticket":        {portal.HealthTickets, func(*Inputs) {}, 0, 100},
		"six tickets":      {portal.HealthTickets, func(in *Inputs) { in.Tickets = 6 }, 6, 60},
		"eight tickets":    {portal.HealthTickets, func(in *Inputs) { in.Tickets = 8 }, 8, 45},
		"fifty tickets":    {portal.HealthTickets, func(in *Inputs) { in.Tickets = 50 }, 50, 0},
		"all promote":      {portal.HealthNPS, func(*Inputs) {}, 100, 100},
		"none cares":       {portal.HealthNPS, func(in *Inputs) { in.NPS = portal.NPS{Passives: 3} }, 0, 50},
		"all detract":      {portal.HealthNPS, func(in *Inputs) { in.NPS = portal.NPS{Detractors: 3} }, -100, 0},
		"one against two":  {portal.HealthNPS, func(in *Inputs) { in.NPS = portal.NPS{Promoters: 1, Detractors: 2} }, -33, 34},
	} {
		in := well()
		tc.change(&in)
		s := Compute(in, DefaultWeights)
		for _, c := range s.Components {
			if c.Name == tc.component && (c.Gap != "" || c.Measured != tc.measured || c.Points != tc.points) {
				t.Errorf("%s: %+v, want %d measured, %d points", name, c, tc.measured, tc.points)
			}
		}
	}
}

// TestThresholds_NeverJump: better figures never give fewer points, and points stay within 0 to 100.
func TestThresholds_NeverJump(t *testing.T) {
	for name, tc := range map[string]struct {
		list []threshold
		sign int
	}{
		"delivery": {deliveryThresholds, 1}, "holds": {holdThresholds, -1}, "tickets": {ticketThresholds, -1}, "late": {lateThresholds, -1},
	} {
		last := along(tc.list, 0)
		for m := range 10_001 {
			p := along(tc.list, m)
			if p < 0 || p > 100 || tc.sign*(p-last) < 0 || tc.sign*(p-last) > 30 {
				t.Fatalf("%s: %d points at %d after %d", name, p, m, last)
			}
			last = p
		}
	}
}

func TestCompute(t *testing.T) {
	if s := Compute(well(), DefaultWeights); !s.Known || s.Score != 100 || s.Formula != Formula {
		t.Errorf("a well account: %+v", s)
	}
	in := well()
	in.Delivered, in.Tickets = 950, 6 // 50 and 60 points
	s := Compute(in, DefaultWeights)
	if s.Score != 77 || s.Band() != portal.HealthAmber { // 100 − 35·0.5 − 15·0.4 = 76.5
		t.Errorf("score %d", s.Score)
	}
	lost := 0
	for _, c := range s.Components {
		lost += c.Lost
	}
	if lost != 2350 {
		t.Errorf("the components lose %d hundredths in all", lost)
	}
}

// TestCompute_Missing: the weights of what is missing go to the rest, and the parts say so.
func TestCompute_Missing(t *testing.T) {
	in := well()
	in.TicketGap, in.NPS, in.Delivered = portal.HealthUnreachable, portal.NPS{}, 950
	got := Compute(in, DefaultWeights)
	want := []portal.HealthComponent{
		{Name: portal.HealthDelivery, Measured: 9500, Of: 1000, Points: 50, Weight: 35, Share: 4667, Lost: 2333},
		{Name: portal.HealthHolds, Of: 1000, Points: 100, Weight: 20, Share: 2667},
		{Name: portal.HealthPayments, Measured: 10_000, Of: 3, Points: 100, Weight: 20, Share: 2667},
		{Name: portal.HealthTickets, Gap: portal.HealthUnreachable, Weight: 15},
		{Name: portal.HealthNPS, Gap: portal.HealthNothing, Weight: 10},
	}
	if diff := cmp.Diff(want, got.Components); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	if !got.Known || got.Score != 77 { // 100 − 23.33
		t.Errorf("score %d, known %v", got.Score, got.Known)
	}
}

func TestCompute_TooLittleKnown(t *testing.T) {
	s := Compute(Inputs{}, DefaultWeights) // a new account: only that nobody has complained
	if s.Known || s.Score != 0 || len(s.Components) != 5 {
		t.Errorf("%+v", s)
	}
	// The same is a score for who weighs nothing but tickets.
	if s := Compute(Inputs{Tickets: 3}, Weights{portal.HealthTickets: 1}); !s.Known || s.Score != 80 || s.Components[0].Gap != portal.HealthOff {
		t.Errorf("%+v", s)
	}
	if s := Compute(Inputs{TicketGap: portal.HealthAbsent}, Weights{portal.HealthTickets: 1}); s.Known {
		t.Errorf("nothing is known: %+v", s)
	}
}

func TestBands(t *testing.T) {
	for score, want := range map[int]portal.HealthBand{
		0: portal.HealthRed, 59: portal.HealthRed, 60: portal.HealthAmber, 79: portal.HealthAmber, 80: portal.HealthGreen, 100: portal.HealthGreen,
	} {
		if got := portal.BandOf(score); got != want {
			t.Errorf("%d is %s, want %s", score, got, want)
		}
	}
}
