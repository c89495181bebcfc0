package portal

import (
	"strconv"
	"time"
)

// HealthBand is the colour of a health score. A page never says it by colour alone.
type HealthBand string

// The bands.
const (
	HealthRed   HealthBand = "red"   // below 60
	HealthAmber HealthBand = "amber" // 60–79
	HealthGreen HealthBand = "green" // 80 and more
)

// BandOf returns the band that a score from 0 to 100 falls into.
func BandOf(score int) HealthBand {
	switch {
	case score < 60:
		return HealthRed
	case score < 80:
		return HealthAmber
	}
	return HealthGreen
}

// HealthComponentName names what a health score is made of.
type HealthComponentName string

// The components, in the order that people read them.
const (
	HealthDelivery HealthComponentName = "delivery" // messages delivered of those that reached their end, 30 days
	HealthHolds    HealthComponentName = "holds"    // messages that compliance held, of those submitted, 30 days
	HealthPayments HealthComponentName = "payments" // invoices paid in time, of those due in 180 days
	HealthTickets  HealthComponentName = "tickets"  // support tickets opened in 30 days
	HealthNPS      HealthComponentName = "nps"      // net promoter score of 90 days
)

// HealthComponents lists them all.
var HealthComponents = []HealthComponentName{HealthDelivery, HealthHolds, HealthPayments, HealthTickets, HealthNPS}

// HealthGaps lists them all.
var HealthGaps = []HealthGap{HealthNothing, HealthUnreachable, HealthAbsent, HealthOff}

// HealthGap says why a component is missing.
type HealthGap string

// The gaps.
const (
	HealthNothing     HealthGap = "nothing"     // there was nothing to measure
	HealthUnreachable HealthGap = "unreachable" // the support desk did not answer
	HealthAbsent      HealthGap = "absent"      // no support desk is connected
	HealthOff         HealthGap = "off"         // its weight is 0
)

// HealthComponent is one part of a score. Measured is in hundredths of a percent for delivery, holds and payments, a
// count of tickets, or a net promoter score from −100 to 100; Of is what it was measured on: messages, invoices, answers.
// Late and DaysLate are of the invoices paid late or not yet.
type HealthComponent struct {
	Name     HealthComponentName `json:"name"`
	Gap      HealthGap           `json:"gap,omitempty"` // set when missing: then its weight went to the others
	Measured int                 `json:"measured"`
	Of       int                 `json:"of"`
	Late     int                 `json:"late,omitempty"`
	DaysLate int                 `json:"daysLate,omitempty"`
	Points   int                 `json:"points"` // what it is worth by itself, 0–100
	Weight   int                 `json:"weight"` // as configured
	Share    int                 `json:"share"`  // of the score after missing ones were left out, in hundredths of a percent
	Lost     int                 `json:"lost"`   // what it takes off the score, in hundredths of a point
}

// HealthScore is a tenant's score of one day in Kabul, with what it was made of.
type HealthScore struct {
	TenantID   string
	Day        string // YYYY-MM-DD
	Known      bool   // false: too little was known to score, Score is 0
	Score      int    // 0–100
	Formula    int    // version of the thresholds
	Components []HealthComponent
	ComputedAt time.Time
}

// Band is the score's colour.
func (s HealthScore) Band() HealthBand { return BandOf(s.Score) }

// NPSAnswer is one person's answer to the survey of a quarter. Score is 0–10.
type NPSAnswer struct {
	TenantID, UserID string
	Quarter          string // 2026-Q4, Asia/Kabul
	Score            int
	Comment          string
	AnsweredAt       time.Time
}

// NPS counts answers: 9 and 10 promote, 7 and 8 do neither, 0 to 6 detract.
type NPS struct {
	Promoters, Passives, Detractors int
}

// Answers is how many there are.
func (n NPS) Answers() int { return n.Promoters + n.Passives + n.Detractors }

// Score is the net promoter score, −100 to 100: 0 without answers.
func (n NPS) Score() int {
	all := n.Answers()
	if all == 0 {
		return 0
	}
	return roundDiv(100*(n.Promoters-n.Detractors), all)
}

// roundDiv is a/b rounded to the nearest, halves away from zero; b > 0.
func roundDiv(a, b int) int {
	if a < 0 {
		return -roundDiv(-a, b)
	}
	return (2*a + b) / (2 * b)
}

// QuarterOf names the quarter of a time in Kabul: "2026-Q4".
func QuarterOf(t time.Time) string {
	local := t.In(kabul)
	return local.Format("2006") + "-Q" + strconv.Itoa(1+(int(local.Month())-1)/3)
}

// kabul has no summer time.
var kabul = time.FixedZone("Asia/Kabul", 4*3600+1800)
