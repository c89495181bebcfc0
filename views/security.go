package views

// SecurityPage is /settings/security: what the portal's headers are worth, and what browsers have refused.
type SecurityPage struct {
	Base
	Tabs       []Tab
	Host       string // the portal's public name
	Grade      string // "A+"; empty when the check could not be made
	Score      Text
	Checks     []SecurityCheck
	Beyond     []SecurityCheck // what no score knows
	CheckAlert *Alert

	Whose        Text // whose browsers have reported
	Total        Text // violations, all groups together
	Groups       []SecurityGroup
	Empty        *Empty
	ReportsAlert *Alert
}

// SecurityCheck is one header and what it is worth.
type SecurityCheck struct {
	Name   string // as HTTP spells it
	About  Text
	Result string // the scanner's own name for it, or the header's value
	Points Text   // empty when it has none
	Tone   string // "good", "bad"
	Icon   string
}

// SecurityGroup is what one directive refused.
type SecurityGroup struct {
	Directive string
	About     Text
	Rows      []SecurityRow
}

// SecurityRow is one source that was refused.
type SecurityRow struct {
	Source string
	Routes []string
	More   Text // "and 4 more pages"; may be empty
	Kind   Badge
	Count  Text
	First  Time
	Last   Time
}

// Security is the page.
var Security = page[SecurityPage]("settings/security")
