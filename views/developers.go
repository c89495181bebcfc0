package views

// DevelopersPage is /developers: quickstart and reference.
type DevelopersPage struct {
	Base
	Contents   []Link
	Quickstart Quickstart
	BaseURL    Code
	OpenAPIURL string
	Auth       Code
	Calls      []APICall
	Idempotent Code
	Problem    Code
	Problems   []ProblemRow
	States     []StateRow
	Errors     []ErrorCodeRow
	Magic      []MagicRow
	Webhooks   WebhookGuide
}

// Quickstart is the first call in one of several languages.
type Quickstart struct {
	Tabs   []QuickstartTab
	Setup  Code // puts the key into the environment
	Sample Code
	HasKey bool // whether Setup names one of the person's own keys
}

// QuickstartTab is one language.
type QuickstartTab struct {
	Label   string // a proper name, the same in every language
	URL     string
	Current bool
}

// APICall is one call of the API.
type APICall struct {
	Method, Path string
	Scope        string // what a key needs; empty when a key cannot call it
	What         Text
}

// ProblemRow is one code of an application/problem+json answer.
type ProblemRow struct {
	Code   string
	Status string // HTTP
	Text   Text
}

// StateRow is one state of a message.
type StateRow struct {
	Code  string
	Badge Badge
	Text  Text
	Final Text
}

// ErrorCodeRow is one reason why a message was not delivered.
type ErrorCodeRow struct {
	Code, Raw         string
	Title, Cause, Fix Text
	FixedBy           Text
}

// MagicRow is one number of the simulated carrier and what becomes of a message to it.
type MagicRow struct {
	Number  string
	Outcome Badge
	Text    Text
}

// The page and the fragment of the developers' guide.
var (
	Developers = page[DevelopersPage]("developers/guide")

	QuickstartFragment = fragment[Quickstart]("developers/_quickstart")
)
