package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// healthComponents are the names that HEALTH_WEIGHTS may have.
var healthComponents = []string{"delivery", "holds", "payments", "tickets", "nps"}

// maxHealthWeight bounds one of them.
const maxHealthWeight = 1000

// validateSuccess checks what the staff side is configured by.
func (c Config) validateSuccess() []error {
	var errs []error
	sum := 0
	for _, name := range slices.Sorted(maps.Keys(c.HealthWeights)) {
		weight := c.HealthWeights[name]
		if !slices.Contains(healthComponents, name) {
			errs = append(errs, fmt.Errorf("HEALTH_WEIGHTS: %q is none of %s", name, strings.Join(healthComponents, ", ")))
		}
		if weight < 0 || weight > maxHealthWeight {
			errs = append(errs, fmt.Errorf("HEALTH_WEIGHTS: %s must be from 0 to %d", name, maxHealthWeight))
		}
		sum += weight
	}
	if len(c.HealthWeights) > 0 && sum <= 0 {
		errs = append(errs, errors.New("HEALTH_WEIGHTS: at least one must be above 0"))
	}
	if c.SupportURL == "" {
		return errs
	}
	kind, rest, _ := strings.Cut(c.SupportURL, "+")
	u, err := url.Parse(rest)
	if err != nil || (kind != "zendesk" && kind != "helpscout") || !isOrigin(rest) || u.Scheme == "http" && !isLoopback(u.Hostname()) {
		errs = append(errs, errors.New("SUPPORT_URL: want zendesk+https://example.zendesk.com or helpscout+https://api.helpscout.net"))
	}
	if c.SupportUser == "" || c.SupportToken == "" {
		errs = append(errs, errors.New("SUPPORT_URL: needs SUPPORT_USER and SUPPORT_TOKEN"))
	}
	return errs
}
