package health

import "ghasi.io/portal/portal"

// Weights say how much each component counts. Only their proportions matter; 0 leaves one out.
type Weights map[portal.HealthComponentName]int

// DefaultWeights are used when none are given.
var DefaultWeights = Weights{
	portal.HealthDelivery: 35, portal.HealthHolds: 20, portal.HealthPayments: 20, portal.HealthTickets: 15, portal.HealthNPS: 10,
}

func (w Weights) sum() int {
	sum := 0
	for _, n := range w {
		sum += n
	}
	return sum
}
