package views

// TenantListPage is /admin/tenants.
type TenantListPage struct {
	Base
	Filter TenantFilter
	Table  TenantTable
}

// TenantFilter is how the list is narrowed and sorted; everything is in the address.
type TenantFilter struct {
	Query Field
	Band  Choices
	Sort  Choices
	Count Text
	Clear string // empty when nothing narrows the list
}

// TenantTable is the list: exactly one of Empty and Rows is set.
type TenantTable struct {
	Empty *Empty
	Rows  []TenantRow
}

// TenantRow is one tenant.
type TenantRow struct {
	Name    string
	URL     string
	Score   Score
	Week    Change
	Month   Change
	Spark   *Spark
	Tickets Text // open ones; "–" when the desk has not said
	Balance Text
	Owes    bool // the balance is below nothing
	Contact Time // the last note or review; zero: never
}

// Score is a health score in a ring: figure, word and colour. Template: {{template "tenants/_score" .Score}}.
type Score struct {
	Known bool
	Value Text   // "72", "–" when unknown
	Band  string // red, amber, green; empty when unknown
	Word  Text   // what the band means
	// Ring is the share of the ring that is drawn, as SVG's stroke-dasharray of a circle 100 long.
	Ring string
}

// Change is a difference with its direction.
type Change struct {
	Text  Text
	Trend string // "", "up", "down"
}

// TenantPage is /admin/tenants/{tenantId}.
type TenantPage struct {
	Base
	Tenant     TenantFacts
	Health     TenantHealth
	Traffic    *Chart // nil when the platform does not answer
	Operators  []OperatorRow
	Holds      []Tile
	Failure    *Alert // why there is no traffic
	Invoices   TenantInvoices
	Tickets    TicketList
	Reviews    ReviewList
	Notes      NoteList
	AuditURL   string
	WarnViewed Text // that the look is in the tenant's own log
}

// TenantFacts are the head of the page.
type TenantFacts struct {
	ID      string
	Name    string
	Since   Text
	Balance Text
	TAMs    []string
}

// TenantHealth explains a score.
type TenantHealth struct {
	Score      Score
	Week       Change
	Month      Change
	Chart      *Sparkline
	Day        Text // of the score
	Missing    Text // which components are missing and what became of their weight; empty when none is
	Components []HealthRow
	Formula    Text
	None       Text // why there is no score
	// RecomputeURL makes the score of today anew; empty when the person may not.
	RecomputeURL string
}

// Sparkline is the score of ninety days, with words for who does not see it.
type Sparkline struct {
	Points  string // of an SVG polyline in a 360×60 box
	Summary Text
}

// HealthRow is one component of a score.
type HealthRow struct {
	Name    Text
	Value   Text // what was measured
	Weight  Text
	Points  Text
	Lost    Text
	Raise   Text // what would raise it; empty when nothing is lost
	Missing bool
	Meter   int // points, 0–100
	Band    string
}

// OperatorRow is delivery at one operator.
type OperatorRow struct {
	Name      Text
	Submitted Text
	Delivered Text
	Failed    Text
	Rate      Text
}

// TenantInvoices are the newest invoices; one of Alert and Rows, or neither.
type TenantInvoices struct {
	Alert *Alert
	Rows  []TenantInvoice
}

// TenantInvoice is one of them.
type TenantInvoice struct {
	Number string
	Period Text
	Amount Text
	Due    Text
	Status Badge
}

// TicketList is the widget of the support desk.
type TicketList struct {
	Desk  string
	Alert *Alert // the desk does not answer
	Age   Text   // how old the list is, when it is
	Empty Text
	Rows  []TicketRow
}

// TicketRow is one ticket; URL opens it upstream in a new tab.
type TicketRow struct {
	ID       string
	Subject  string
	URL      string
	Status   Text
	Tone     string // open, waiting, closed
	Priority Text
	Urgent   bool
	Created  Time
}

// ReviewList is the exports of quarterly reviews and the form for another.
type ReviewList struct {
	Action  string // where the form posts to
	Period  Choices
	Locale  Choices
	Alert   *Alert
	Empty   Text
	Rows    []ReviewRow
	Polling string // where the list is asked for again while one is under way; empty when none is
}

// ReviewRow is one export.
type ReviewRow struct {
	ID       string
	Period   Text
	Language string
	By       string
	At       Time
	State    Badge
	Progress int // 0–100, while under way
	UnderWay bool
	Percent  Text
	URL      string // of the document, once there is one
}

// NoteList is the notes of a tenant with the form for a new one.
type NoteList struct {
	Form  NoteForm
	Empty Text
	Rows  []NoteRow
	More  string // URL of the next page; empty on the last
}

// NoteRow is one note.
type NoteRow struct {
	ID         string
	Author     string
	At         Time
	Edited     *Time
	Body       Markup
	EditURL    string // empty when the reader may not
	DeleteURL  string
	HistoryURL string // empty when it was never changed
}

// NoteForm writes or changes a note.
type NoteForm struct {
	Action     string
	PreviewURL string
	CancelURL  string // empty for a new note
	Version    int
	Alert      *Alert
	Body       Field
	Preview    *Markup // rendered, when a preview was asked for
	ID         string  // of the note that is changed
}

// NotePage is a note's form, history or deletion on a page of its own.
type NotePage struct {
	Base
	Tenant  string
	BackURL string
	Form    *NoteForm
	List    *NoteList // older notes
	Delete  *NoteDelete
	History []NoteVersion
}

// NoteDelete asks whether a note is to go.
type NoteDelete struct {
	Action  string
	BackURL string
	Version int
	Dialog  bool
	Author  string
	At      Time
}

// NoteVersion is how a note was.
type NoteVersion struct {
	By      string
	At      Time
	Body    Markup
	Deleted bool
}

// The pages and fragments of tenants.
var (
	TenantList       = page[TenantListPage]("tenants/list")
	TenantShow       = page[TenantPage]("tenants/show")
	TenantTablePart  = fragment[TenantListPage]("tenants/_list")
	ReviewsFragment  = fragment[ReviewList]("tenants/_reviews")
	NotesFragment    = fragment[NoteList]("tenants/_notes")
	NoteFragment     = fragment[NoteRow]("tenants/_note")
	NoteFormFragment = fragment[NoteForm]("tenants/_note_form")
	NoteAlone        = page[NotePage]("tenants/note")
	NoteDialog       = fragment[NoteDelete]("tenants/_note_delete")
)
