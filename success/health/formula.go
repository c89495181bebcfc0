// Package health scores how well an account does, from 0 to 100, and says why. The score of a day is kept with the
// parts it was made of, so that it can be explained later as it was.
package health

import (
	"cmp"
	"slices"

	"ghasi.io/portal/portal"
)

// Formula is the version of the thresholds below and of how they are put together. A change of either is a new version.
const Formula = 1

// minKnown is the share of the weights, in percent, that must be known for a score: an account that has not sent
// anything is not healthy because it has no complaints.
const minKnown = 50

// Inputs are what a score is made of.
type Inputs struct {
	Delivered, Final int // messages of 30 days
	Held, Submitted  int // messages of 30 days
	Invoices         portal.AnalyticsInvoices
	Tickets          int              // opened in 30 days
	TicketGap        portal.HealthGap // set when Tickets is not known
	NPS              portal.NPS
}

// threshold gives points for something measured. Between two of them the points change evenly.
type threshold struct{ measured, points int }

// The thresholds, by what is measured. Shares are in hundredths of a percent.
var (
	// The promise is 97 % (docs/sla.md); below 90 % a customer's own users notice every day.
	deliveryThresholds = []threshold{{9000, 0}, {9500, 50}, {9700, 80}, {9900, 100}}
	// One message in two hundred is held now and then; one in twenty means that texts or senders are wrong.
	holdThresholds = []threshold{{50, 100}, {200, 60}, {500, 0}}
	// A ticket or two a month is life; fifteen is one every other day.
	ticketThresholds = []threshold{{1, 100}, {3, 80}, {6, 60}, {10, 30}, {15, 0}}
	// An invoice paid late is worth what its delay leaves of it.
	lateThresholds = []threshold{{0, 80}, {14, 50}, {45, 0}}
)

// along reads points off thresholds, which rise in what they measure.
func along(list []threshold, measured int) int {
	i, _ := slices.BinarySearchFunc(list, measured, func(t threshold, m int) int { return cmp.Compare(t.measured, m) })
	switch i {
	case 0:
		return list[0].points
	case len(list):
		return list[i-1].points
	}
	a, b := list[i-1], list[i]
	return a.points + roundDiv((b.points-a.points)*(measured-a.measured), b.measured-a.measured)
}

// roundDiv is a/b rounded to the nearest, halves away from zero; b > 0.
func roundDiv(a, b int) int {
	if a < 0 {
		return -roundDiv(-a, b)
	}
	return (2*a + b) / (2 * b)
}

// share is part of whole in hundredths of a percent.
func share(part, whole int) int { return roundDiv(10_000*part, whole) }

// parts are the components' own functions.
var parts = map[portal.HealthComponentName]func(Inputs) portal.HealthComponent{
	portal.HealthDelivery: delivery, portal.HealthHolds: holds, portal.HealthPayments: payments, portal.HealthTickets: tickets,
	portal.HealthNPS: nps,
}

func delivery(in Inputs) portal.HealthComponent {
	if in.Final == 0 {
		return portal.HealthComponent{Gap: portal.HealthNothing}
	}
	rate := share(in.Delivered, in.Final)
	return portal.HealthComponent{Measured: rate, Of: in.Final, Points: along(deliveryThresholds, rate)}
}

func holds(in Inputs) portal.HealthComponent {
	if in.Submitted == 0 {
		return portal.HealthComponent{Gap: portal.HealthNothing}
	}
	rate := share(in.Held, in.Submitted)
	return portal.HealthComponent{Measured: rate, Of: in.Submitted, Points: along(holdThresholds, rate)}
}

// payments gives every invoice paid in time 100, one paid late what its delay leaves, one that is overdue nothing.
func payments(in Inputs) portal.HealthComponent {
	i := in.Invoices
	if i.Due == 0 {
		return portal.HealthComponent{Gap: portal.HealthNothing}
	}
	points := 100*i.PaidInTime + i.PaidLate*along(lateThresholds, i.MeanDaysLate)
	return portal.HealthComponent{
		Measured: share(i.PaidInTime, i.Due), Of: i.Due, Late: i.PaidLate + i.Overdue, DaysLate: i.MeanDaysLate, Points: roundDiv(points, i.Due),
	}
}

func tickets(in Inputs) portal.HealthComponent {
	if in.TicketGap != "" {
		return portal.HealthComponent{Gap: in.TicketGap}
	}
	return portal.HealthComponent{Measured: in.Tickets, Of: in.Tickets, Points: along(ticketThresholds, in.Tickets)}
}

// nps moves −100…100 onto 0…100.
func nps(in Inputs) portal.HealthComponent {
	n := in.NPS.Answers()
	if n == 0 {
		return portal.HealthComponent{Gap: portal.HealthNothing}
	}
	score := in.NPS.Score()
	return portal.HealthComponent{Measured: score, Of: n, Points: roundDiv(score+100, 2)}
}

// Compute makes the score. Components that are missing give their weight to the others; with less than half of the
// weights known there is no score. TenantID, Day and ComputedAt are the caller's to set.
func Compute(in Inputs, w Weights) portal.HealthScore {
	s := portal.HealthScore{Formula: Formula}
	known, sum := 0, 0
	for _, name := range portal.HealthComponents {
		c := parts[name](in)
		c.Name, c.Weight = name, w[name]
		if c.Weight == 0 {
			c = portal.HealthComponent{Name: name, Gap: portal.HealthOff}
		}
		if c.Gap == "" {
			known += c.Weight
			sum += c.Weight * c.Points
		}
		s.Components = append(s.Components, c)
	}
	if known == 0 {
		return s
	}
	for i := range s.Components {
		if c := &s.Components[i]; c.Gap == "" {
			c.Share = share(c.Weight, known)
			c.Lost = roundDiv(100*c.Weight*(100-c.Points), known)
		}
	}
	if 100*known < minKnown*w.sum() {
		return s
	}
	s.Known, s.Score = true, roundDiv(sum, known)
	return s
}
