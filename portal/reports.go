package portal

import "time"

// PolicyReport is a group of violations that browsers have reported: the same directive, source, route and disposition,
// from sessions of the same tenant.
type PolicyReport struct {
	TenantID    string // whose sessions reported it; "" = visitors who were not signed in
	Directive   string // "script-src-elem", "require-trusted-types-for", "integrity", …; a closed set
	Source      string // what was refused: an origin, a path of ours, or a word ("inline", "eval", "data")
	Route       string // path of the page, with ids replaced by {id}
	Disposition string // "enforce" (refused) or "report" (only watched)
	Count       int
	FirstSeen   time.Time
	LastSeen    time.Time
}
