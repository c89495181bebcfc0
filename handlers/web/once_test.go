package web

import (
	"testing"
	"time"

	"ghasi.io/portal/portal"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestOnce(t *testing.T) {
	var o Once
	if !o.Claim("one", noon) || o.Claim("one", noon) {
		t.Error("a form must be taken exactly once")
	}
	if !o.Claim("two", noon) {
		t.Error("another form is refused")
	}
	o.Release("one")
	if !o.Claim("one", noon) {
		t.Error("a released form is refused")
	}
	if o.Claim("two", noon.Add(onceLife+time.Minute)) {
		t.Error("a form of the generation before is forgotten")
	}
	o.Claim("three", noon.Add(3*onceLife))
	if !o.Claim("two", noon.Add(3*onceLife)) {
		t.Error("a form is remembered for ever")
	}
}

func TestOnce_Bounded(t *testing.T) {
	var o Once
	for range 3 * maxOnce {
		o.Claim(portal.NewID("att", noon), noon)
	}
	if n := len(o.current) + len(o.past); n > 2*maxOnce {
		t.Errorf("%d forms are remembered", n)
	}
}
