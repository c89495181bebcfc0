package views

// BillingPage is /billing: what every tab has, and the tab that is open.
type BillingPage struct {
	Base
	Tabs     []Tab
	Overdue  *Alert
	Invoices *BillingInvoices // nil on another tab
	Usage    *BillingUsage    // nil on another tab
}

// Tab is one entry of a row of tabs.
type Tab struct {
	Link
	Current bool
}

// BillingInvoices is the tab "Invoices". An alert stands where a part could not be read.
type BillingInvoices struct {
	Tiles      []Tile
	TilesAlert *Alert
	List       InvoiceList
}

// InvoiceList is what a filter swaps: the filter as it stands, and the invoices it leaves.
type InvoiceList struct {
	Status    Choices
	Alert     *Alert
	Rows      []InvoiceRow
	More      *InvoiceMore
	NewestURL string // on a later page: back to the first
	CSVURL    string // empty when there is nothing to export
	Empty     *Empty
}

// InvoiceRow is one line of the list.
type InvoiceRow struct {
	Number, URL string
	Period      PeriodView
	Amount      Text
	Status      Badge
	Due         DueView
	PDFURL      string
	Void        bool
	Focus       bool // the first of the rows that "Load more" added
}

// PeriodView is a billing period: Gregorian is the name of its month where people count in another calendar.
type PeriodView struct{ Label, Gregorian Text }

// DueView is when an invoice is to be paid. Late says how long it has been overdue, Paid when it was paid.
type DueView struct {
	ISO              string
	Date, Late, Paid Text
}

// InvoiceMore is the last row of a list that goes on, or why it does not.
type InvoiceMore struct {
	URL   string
	Alert *Alert
}

// InvoiceMoreView is what "Load more" adds.
type InvoiceMoreView struct {
	Rows []InvoiceRow
	More *InvoiceMore
}

// InvoicePage is /billing/invoices/{invoiceId}.
type InvoicePage struct {
	Base
	Back     string
	Status   Badge
	Period   PeriodView
	Issued   Text
	Due      DueView
	Lines    []InvoiceLine
	Rounding Text // empty when there is none
	Total    Text
	PDFURL   string
}

// InvoiceLine is what messages to one operator cost at one price. LogURL are the same messages in the log, and InLog says
// how many; for a credit, which is some of the messages there, it gives no figure.
type InvoiceLine struct {
	Operator                     Text
	Note                         Text // the days of the line when they are not the whole period; what a credit is
	Messages, Segments, Refunded Text
	Unit, Amount                 Text
	LogURL                       string
	InLog                        Text
}

// BillingUsage is the tab "Usage". Alert stands in place of the figures when they could not be read.
type BillingUsage struct {
	Months    MonthSwitcher
	Alert     *Alert
	Tiles     []Tile
	Chart     *Chart
	Spend     []Figure
	Operators *UsageOperators
	CSVURL    string
	Threshold *ThresholdForm
}

// MonthSwitcher leads from month to month.
type MonthSwitcher struct {
	Period         PeriodView
	Previous, Next *Link
	Current        *Link // to the month under way; nil when it is the one shown
}

// Figure is one line of a list of amounts.
type Figure struct{ Label, Value, Note Text }

// UsageOperators is the spend by destination. None says that there is none.
type UsageOperators struct {
	None Text
	Rows []UsageOperatorRow
}

// UsageOperatorRow is one operator. Share is its part of all the spend, of 100.
type UsageOperatorRow struct {
	Operator                  Text
	URL                       string // these messages in the log
	Messages, Segments, Spend Text
	Share                     int
}

// ThresholdForm is where a customer says below which balance to be warned.
type ThresholdForm struct {
	Amount Field
	State  Text // what holds now
	Alert  *Alert
}

// The pages and fragments of billing.
var (
	Billing        = page[BillingPage]("billing/home")
	BillingInvoice = page[InvoicePage]("billing/invoice")

	InvoiceListFragment  = fragment[InvoiceList]("billing/_invoices")
	InvoiceMoreFragment  = fragment[InvoiceMoreView]("billing/_more")
	BillingUsageFragment = fragment[BillingUsage]("billing/_usage")
	ThresholdFragment    = fragment[ThresholdForm]("billing/_threshold")
)
