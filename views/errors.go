package views

// ErrorPage says what went wrong and what to do next. Heading and Text are the catalogue's errors.<status>.title and
// errors.<status>.text, unless something better is known.
type ErrorPage struct {
	Base
	Status     int
	Heading    Text
	Text       Text
	Detail     string // the other side's own words, shown quoted; may be empty
	RetryURL   string // may be empty
	RetryAfter int    // seconds to count down before trying again; 0 for none
	Home       Link   // the way on
}

// ErrorFramed is an error inside the frame, ErrorBare one for somebody who is not signed in, or before the frame's data
// is known.
var (
	ErrorFramed = page[ErrorPage]("errors/framed")
	ErrorBare   = barePage[ErrorPage]("errors/bare")
)

// AlertFragment is an error for htmx to put into #alerts. ToastFragment adds a message of success to #status, out of
// band, whatever the rest of the response is swapped into.
var (
	AlertFragment = fragment[Alert]("parts/_alert")
	ToastFragment = fragment[Toast]("parts/_toast")
)
