package views

// NPSSurvey is the one-question survey: {{template "nps/_survey" .}}. Answered is the thanks in its place.
type NPSSurvey struct {
	Scores   []NPSScore
	Error    Text // of the score; empty when right
	Comment  Field
	Answered Text
	Lone     bool // on a page of its own, without a title
}

// NPSScore is one of the marks from 0 to 10.
type NPSScore struct {
	Value   string
	Label   Text
	Checked bool
}

// NPSPage is /nps: the survey on a page of its own.
type NPSPage struct {
	Base
	Survey NPSSurvey
}

var (
	// NPS is the page.
	NPS = page[NPSPage]("nps/show")
	// NPSFragment is the survey alone.
	NPSFragment = fragment[NPSSurvey]("nps/_survey")
)
