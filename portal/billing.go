package portal

import "time"

// Currency is what an account is charged in. All amounts are int64 millionths of it ("micros").
type Currency string

// The currencies.
const (
	AFN Currency = "AFN"
	USD Currency = "USD"
)

// Currencies lists them all.
var Currencies = []Currency{AFN, USD}

// InvoiceStatus says where an invoice stands. Overdue is decided by date when it is read.
type InvoiceStatus string

// The states of an invoice.
const (
	InvoiceOpen    InvoiceStatus = "open"
	InvoicePaid    InvoiceStatus = "paid"
	InvoiceOverdue InvoiceStatus = "overdue"
	InvoiceVoid    InvoiceStatus = "void"
)

// InvoiceStatuses lists them in the order people read them.
var InvoiceStatuses = []InvoiceStatus{InvoiceOpen, InvoiceOverdue, InvoicePaid, InvoiceVoid}

// Invoice is one month's bill. Items of a list leave Lines out. PeriodStart and PeriodEnd are days in Asia/Kabul, the
// end exclusive.
type Invoice struct {
	InvoiceID    string   `json:"invoiceId"`
	Number       string   `json:"number"`      // GH-2026-000123, for people
	PeriodStart  string   `json:"periodStart"` // YYYY-MM-DD
	PeriodEnd    string   `json:"periodEnd"`
	Currency     Currency `json:"currency"`
	AmountMicros int64    `json:"amountMicros"` // rounded to whole hundredths
	// RoundingMicros is what the rounding added to the sum of the lines (below zero: took off).
	RoundingMicros int64         `json:"roundingMicros,omitempty"`
	Status         InvoiceStatus `json:"status"`
	IssuedAt       time.Time     `json:"issuedAt"`
	DueAt          time.Time     `json:"dueAt"`
	PaidAt         *time.Time    `json:"paidAt,omitempty"`
	Lines          []InvoiceLine `json:"lines,omitempty"`
}

// InvoiceLine is what one operator's messages cost at one price. The same messages are in the log between SubmittedAfter
// (inclusive) and SubmittedBefore with Operator: Messages and Refunded together. Refunded ones were given back and are in
// neither Segments nor AmountMicros.
//
// A Credit line gives back what an earlier invoice charged, for messages of that time which failed after it was drawn up:
// Messages is 0, Refunded and Segments say how many, AmountMicros is below zero.
type InvoiceLine struct {
	Operator        string    `json:"operator"`
	Credit          bool      `json:"credit,omitempty"`
	Messages        int       `json:"messages"` // charged
	Segments        int       `json:"segments"` // of those; of a credit, of the refunded ones
	Refunded        int       `json:"refunded"`
	UnitMicros      int64     `json:"unitMicros"` // a segment
	AmountMicros    int64     `json:"amountMicros"`
	SubmittedAfter  time.Time `json:"submittedAfter"`
	SubmittedBefore time.Time `json:"submittedBefore"`
}

// InvoiceFilter narrows a list of invoices, newest first.
type InvoiceFilter struct {
	Status InvoiceStatus // empty: all
	Limit  int           // 1–100; 0 means 20
	Cursor string
}

// InvoicePage is one page of them. Outstanding sums what is open or overdue over all pages.
type InvoicePage struct {
	Items             []Invoice `json:"items"`
	NextCursor        string    `json:"nextCursor,omitempty"`
	OutstandingMicros int64     `json:"outstandingMicros"`
	OverdueCount      int       `json:"overdueCount"`
	Currency          Currency  `json:"currency"`
}

// SignedURL is a link that works without a session until it expires.
type SignedURL struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Usage is a billing period so far: from the first of the month (or all of an earlier month).
type Usage struct {
	PeriodStart         string          `json:"periodStart"` // YYYY-MM-DD, Asia/Kabul
	PeriodEnd           string          `json:"periodEnd"`   // exclusive
	Currency            Currency        `json:"currency"`
	Sent                int             `json:"sent"` // submitted in the period
	Delivered           int             `json:"delivered"`
	Failed              int             `json:"failed"`
	Segments            int             `json:"segments"`
	SpendMicros         int64           `json:"spendMicros"` // charged less refunded
	RefundedMicros      int64           `json:"refundedMicros"`
	BalanceMicros       int64           `json:"balanceMicros"` // credit left now; below zero it is owed
	CreditLimitMicros   int64           `json:"creditLimitMicros"`
	LowBalanceMicros    int64           `json:"lowBalanceMicros"`    // warn below this; 0: never
	ProjectedMicros     int64           `json:"projectedMicros"`     // spend at the period's end at the pace of its last 7 days
	PreviousSpendMicros int64           `json:"previousSpendMicros"` // of the whole period before
	Days                []UsageDay      `json:"days"`                // oldest first, up to today
	Operators           []UsageOperator `json:"operators"`           // most spend first
}

// UsageDay is one day of it, Asia/Kabul.
type UsageDay struct {
	Day         string `json:"day"`
	Sent        int    `json:"sent"`
	Delivered   int    `json:"delivered"`
	SpendMicros int64  `json:"spendMicros"`
}

// UsageOperator is the spend by destination.
type UsageOperator struct {
	Operator    string `json:"operator"`
	Messages    int    `json:"messages"`
	Segments    int    `json:"segments"`
	SpendMicros int64  `json:"spendMicros"`
}

// Prices are what an account pays for a segment now.
type Prices struct {
	Currency  Currency        `json:"currency"`
	Operators []OperatorPrice `json:"operators"`
}

// OperatorPrice is the price of a segment to one operator.
type OperatorPrice struct {
	Operator   string `json:"operator"`
	UnitMicros int64  `json:"unitMicros"`
}

// Of returns the price of a segment to an operator; false when it is not known.
func (p Prices) Of(operator string) (unitMicros int64, ok bool) {
	for _, o := range p.Operators {
		if o.Operator == operator {
			return o.UnitMicros, true
		}
	}
	return 0, false
}

// BillingSettings is what a customer chooses about their bills.
type BillingSettings struct {
	LowBalanceMicros int64 `json:"lowBalanceMicros"` // 0 or more; 0: no warning
}
