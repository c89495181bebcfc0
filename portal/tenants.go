package portal

import "time"

// Tenant is a customer as staff see it.
type Tenant struct {
	TenantID      string    `json:"tenantId"`
	Name          string    `json:"name"`
	CreatedAt     time.Time `json:"createdAt"`
	Currency      Currency  `json:"currency"`
	BalanceMicros int64     `json:"balanceMicros"`
}

// TAMAssignment says that a person of the staff looks after a tenant.
type TAMAssignment struct {
	UserID     string    `json:"userId"`
	Email      string    `json:"email"`
	Name       string    `json:"name"`
	TenantID   string    `json:"tenantId"`
	AssignedAt time.Time `json:"assignedAt"`
}

// Analytics is what a review of a tenant is drawn from, for one period: a quarter "2026-Q1", a month "2026-01", the
// last days "30d", or any days "2026-01-01/2026-01-31" (from and until, exclusive). Days and months are Asia/Kabul's.
type Analytics struct {
	TenantID    string              `json:"tenantId"`
	Period      string              `json:"period"`
	Start       string              `json:"start"` // YYYY-MM-DD
	End         string              `json:"end"`   // exclusive
	Currency    Currency            `json:"currency"`
	Totals      AnalyticsTotals     `json:"totals"`
	Previous    AnalyticsTotals     `json:"previous"`   // of the period of the same length before
	Months      []AnalyticsMonth    `json:"months"`     // oldest first; of "30d" too
	Operators   []AnalyticsOperator `json:"operators"`  // most messages first
	Compliance  []AnalyticsDay      `json:"compliance"` // one a week of the period (a day up to 31 days), oldest first
	Senders     []AnalyticsCount    `json:"senders"`    // ten most used
	Prefixes    []AnalyticsCount    `json:"prefixes"`   // top destinations by number prefix (+9370…), ten
	Invoices    AnalyticsInvoices   `json:"invoices"`
	SLACredits  []AnalyticsCredit   `json:"slaCredits"` // by month, oldest first
	GeneratedAt time.Time           `json:"generatedAt"`
}

// AnalyticsTotals sums one period.
type AnalyticsTotals struct {
	Submitted     int   `json:"submitted"`
	Delivered     int   `json:"delivered"`
	Failed        int   `json:"failed"`
	Final         int   `json:"final"`       // delivered and failed: what a rate is of
	Held          int   `json:"held"`        // went through the hold queue
	Released      int   `json:"released"`    // left it to be sent
	HoldSeconds   int64 `json:"holdSeconds"` // median time in it
	Segments      int   `json:"segments"`
	SpendMicros   int64 `json:"spendMicros"`
	BalanceMicros int64 `json:"balanceMicros"` // at the period's end
}

// AnalyticsMonth is one month of traffic.
type AnalyticsMonth struct {
	Month       string `json:"month"` // YYYY-MM
	Submitted   int    `json:"submitted"`
	Delivered   int    `json:"delivered"`
	Failed      int    `json:"failed"`
	SpendMicros int64  `json:"spendMicros"`
}

// AnalyticsOperator is how one operator delivered.
type AnalyticsOperator struct {
	Operator  string `json:"operator"`
	Submitted int    `json:"submitted"`
	Delivered int    `json:"delivered"`
	Failed    int    `json:"failed"`
}

// AnalyticsDay is the compliance score from a day on: 100 less the share of messages held or rejected, in hundredths
// of a point.
type AnalyticsDay struct {
	Day   string `json:"day"`
	Score int    `json:"score"` // 0–10000
	Held  int    `json:"held"`
	Sent  int    `json:"sent"` // submitted
}

// AnalyticsCount is one row of a top list.
type AnalyticsCount struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// AnalyticsInvoices says how a tenant pays. The figures are of the invoices that fell due in the last 180 days.
type AnalyticsInvoices struct {
	Due          int `json:"due"`
	PaidInTime   int `json:"paidInTime"`
	PaidLate     int `json:"paidLate"`
	Overdue      int `json:"overdue"`
	MeanDaysLate int `json:"meanDaysLate"` // of those late or overdue
}

// AnalyticsCredit is what a month's delivery below the promised rate earns back.
type AnalyticsCredit struct {
	Month          string `json:"month"`        // YYYY-MM; the whole month, also where the period cuts it
	Final          int    `json:"final"`        // 0: there is no rate
	RatePermille   int    `json:"ratePermille"` // delivered of final, rounded down
	TargetPermille int    `json:"targetPermille"`
	CreditMicros   int64  `json:"creditMicros"`
}
