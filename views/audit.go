package views

// AuditPage is /settings/audit.
type AuditPage struct {
	Base
	Tabs []Tab
	Log  AuditLog
}

// AuditLog is one page of a log with its filter and what can be done with it.
type AuditLog struct {
	Chains    *Choices // whose log, for staff; nil for customers
	Type      Choices
	From      Field
	Until     Field
	Clear     string // empty when nothing narrows the log
	Alert     *Alert // what is wrong with the filter
	Empty     *Empty
	Rows      []AuditRow
	More      *Link  // the next page; nil on the last
	VerifyURL string // where the check is posted, with the log's name
	Chain     string // the log's name
	CSV, JSON string // URLs of the exports
	Check     *Alert // what the check found, when it was asked for
}

// AuditRow is one event.
type AuditRow struct {
	Seq     Text
	What    Text
	Detail  []AuditDetail
	Who     string // empty: the portal itself
	Role    Text
	At      Time
	Subject string
	Hash    string // the first digits
	Full    string
}

// AuditDetail is what else an event says; the value stands as it was recorded.
type AuditDetail struct {
	Name  Text
	Value string
}

// The page and fragments of audit logs.
var (
	Audit           = page[AuditPage]("audit/list")
	AuditFragment   = fragment[AuditLog]("audit/_log")
	AuditRowsPart   = fragment[AuditLog]("audit/_rows")
	AuditCheckAlert = fragment[Alert]("audit/_check")
)
