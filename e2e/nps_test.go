package e2e

import "testing"

// TestNPS_Answered: one click and a sentence on the dashboard, and nothing more this quarter.
func TestNPS_Answered(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.expect("422")
	b.visit("/dashboard")
	b.seeText("#nps", "How likely are you to recommend Ghasi to another business?")
	b.click(`#nps form[action="/nps"] button`)
	b.seeText("#nps", "Choose a mark from 0 to 10.")
	b.click(`#nps .nps-mark:nth-child(10)`)
	b.fill("#nps #f-comment", "Quick answers")
	b.screenshot("nps-chosen.png")
	b.click(`#nps form[action="/nps"] button`)
	b.seeText("#nps", "Thank you for your answer")
	b.visit("/dashboard")
	if n := b.count("#nps"); n != 0 {
		t.Error("asked twice in a quarter")
	}
}

// TestNPS_WithoutScript: the survey is a form, and can be put aside.
func TestNPS_WithoutScript(t *testing.T) {
	s := newSite(t, nil)
	b := newTab(t, s, look{noJS: true}).as(someone(t, s, manager))
	b.expect("422")
	b.visit("/dashboard")
	b.click(`#nps form[action="/nps"] button`)
	b.at("/nps")
	b.seeText("#nps", "Choose a mark from 0 to 10.")
	b.click(`#nps .nps-mark:nth-child(1)`)
	b.click(`#nps form[action="/nps"] button`)
	b.at("/dashboard")
	if n := b.count("#nps"); n != 0 {
		t.Error("asked again after the answer")
	}
	c := newTab(t, s, look{noJS: true}).as(someone(t, s, customer))
	c.visit("/dashboard")
	c.click(`#nps form[action="/nps/dismiss"] button`)
	c.gone("#nps")
	c.at("/dashboard")
}
