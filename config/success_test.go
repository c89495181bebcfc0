package config

import (
	"strings"
	"testing"
)

func TestSuccess(t *testing.T) {
	cfg, err := Parse(map[string]string{})
	if err != nil || cfg.HealthWeights["delivery"] != 35 || len(cfg.HealthWeights) != 5 {
		t.Errorf("defaults: %v, %v", cfg.HealthWeights, err)
	}
	cfg, err = Parse(map[string]string{
		"HEALTH_WEIGHTS": "delivery=1,nps=0", "SUPPORT_URL": "helpscout+https://api.helpscout.net", "SUPPORT_USER": "u", "SUPPORT_TOKEN": "t",
	})
	if err != nil || len(cfg.HealthWeights) != 2 || cfg.HealthWeights["delivery"] != 1 {
		t.Errorf("chosen: %v, %v", cfg.HealthWeights, err)
	}
	for name, environ := range map[string]map[string]string{
		`"mood" is none of`:    {"HEALTH_WEIGHTS": "delivery=35,mood=1"},
		"nps must be from 0":   {"HEALTH_WEIGHTS": "delivery=35,nps=-1"},
		"delivery must be":     {"HEALTH_WEIGHTS": "delivery=1001"},
		"above 0":              {"HEALTH_WEIGHTS": "delivery=0,holds=0"},
		"HealthWeights":        {"HEALTH_WEIGHTS": "delivery=much"},
		"SUPPORT_URL: want":    {"SUPPORT_URL": "https://x.zendesk.com", "SUPPORT_USER": "u", "SUPPORT_TOKEN": "t"},
		"want zendesk+https":   {"SUPPORT_URL": "zendesk+http://x.zendesk.com", "SUPPORT_USER": "u", "SUPPORT_TOKEN": "t"},
		"SUPPORT_URL: needs":   {"SUPPORT_URL": "zendesk+https://x.zendesk.com", "SUPPORT_USER": "u"},
		"or helpscout+https:/": {"SUPPORT_URL": "zendesk+https://u:p@x.zendesk.com", "SUPPORT_USER": "u", "SUPPORT_TOKEN": "secret"},
	} {
		_, err := Parse(environ)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v", environ, err)
		}
	}
}
