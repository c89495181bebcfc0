package views

// MessageListPage is /messages.
type MessageListPage struct {
	Base
	List MessageListView
}

// MessageListView is the part of the log that a filter swaps: the filters as they stand, and the rows they leave.
type MessageListView struct {
	Filter    MessageFilterForm
	Alert     *Alert // what is wrong with the filter or the cursor
	Chips     []Chip
	ClearURL  string // empty when nothing is filtered
	Count     Text
	Table     *MessageTable
	NewestURL string // on a later page: back to the first
	Export    *Link  // a file of all that the filters leave; nil when that is nothing
	Empty     *Empty
}

// MessageFilterForm is the form above the log. MoreOpen shows the filters that are used less.
type MessageFilterForm struct {
	To, After, Before Field
	Status            Choices
	StatusCount       Text // how many states are chosen; empty for none
	StatusOpen        bool
	From              Field
	Operator          Choices
	MoreOpen          bool
}

// MessageTable is a table of messages, of the log or of the dashboard. Template: {{template "messages/_table" .}}.
type MessageTable struct {
	Rows MessageRows
	More *MessageMore // nil on the last page
}

// MessageMore is the last row of a table that goes on: a link to the next rows. Note says how far a search has come.
type MessageMore struct {
	URL   string
	Label Text
	Note  Text
	Alert *Alert // instead of a link: why there are no next rows
}

// MessageMoreView is what "Load more" adds to the table: rows, the next last row, and the new count.
type MessageMoreView struct {
	Rows  MessageRows
	More  *MessageMore
	Count Text // empty leaves the count alone
}

// MessagePage is /messages/{messageId}.
type MessagePage struct {
	Base
	Back    string // the log as it was filtered
	Status  MessageStatusView
	Body    string
	Details MessageDetails

	Webhooks *MessageDeliveries // nil when there is nothing to say of them
}

// MessageDeliveries is what webhooks were told of a message. While they may be told more it asks for itself again.
type MessageDeliveries struct {
	PollURL string
	Alert   *Alert
	None    bool
	Rows    []MessageDelivery
}

// MessageDelivery is one event sent to one webhook.
type MessageDelivery struct {
	Event    string
	URL      string // of the receiver
	Path     string // of the webhook's page
	State    Badge
	Attempts Text
	Next     Text // when it is tried again
}

// MessageDetails are the facts beside the text.
type MessageDetails struct {
	MessageID  string
	To, From   string
	Operator   Text
	Probable   bool // the operator is judged by the number's prefix
	Encoding   string
	Segments   Text
	Price      Text
	Submitted  Text
	SourceKind Text
	SourceName string
}

// MessageStatusView is a message on its way, or where it ended. While it can still change it asks for itself again:
// PollURL names what the page has seen, Every is the pace ("1s").
type MessageStatusView struct {
	MessageID string
	Badge     Badge
	Sentence  Text
	Steps     []MessageStep
	Error     *MessageErrorView // why it was not delivered
	PollURL   string            // empty once the state is final
	Every     string
	URL       string // of the message's page; empty on that page
	Announce  Text   // spoken when the state has changed since the page saw it
}

// MessageStep is one change of state on the timeline.
type MessageStep struct {
	Badge Badge
	State string // "done", "now" or "bad"
	Title Text
	At    Time
	Since Text // how long after the step before; empty for the first
	By    Text // who said so
}

// MessageErrorView explains a failure.
type MessageErrorView struct {
	Title, Cause, Fix Text
	FixedBy           Text
	Code              string // of the API
	Raw               string // of the operator; may be empty
}

// The pages and fragments of the log.
var (
	MessageList = page[MessageListPage]("messages/list")
	MessageShow = page[MessagePage]("messages/show")

	MessageListFragment   = fragment[MessageListView]("messages/_list")
	MessageMoreFragment   = fragment[MessageMoreView]("messages/_more")
	MessageStatusFragment = fragment[MessageStatusView]("messages/_status")

	MessageDeliveriesFragment = fragment[MessageDeliveries]("messages/_deliveries")
)
