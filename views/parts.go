package views

// The parts that pages are made of; each has one partial in templates/parts/<name>.html. A page invents none.

// Field is a labelled input. Template: {{template "field" .To}}.
type Field struct {
	Name         string // form name; never a DOM property such as "name" or "id" (see static/src/portal.js)
	Label, Help  Text
	Error        Text   // empty when right
	Type         string // "text", "tel", "email", "password", "textarea", "date", "datetime-local", "search"
	Value        string
	Pattern      string
	Placeholder  string
	Autocomplete string
	MaxLength    int
	Rows         int // of a textarea
	Required     bool
	Ltr          bool // ids, numbers, URLs: always left to right
	Autofocus    bool
	PatternError Text // shown when Pattern does not match, before anything is sent
}

// ID is the id of the field's control: what a label and an error summary point to.
func (f Field) ID() string { return "f-" + f.Name }

// Choice is one checkbox or radio button of a [Choices].
type Choice struct {
	Value   string
	Label   Text
	Help    Text
	Checked bool
}

// Choices is a fieldset of checkboxes (or radio buttons when Single): {{template "choices" .Scopes}}. The same value
// drawn as a drop-down list: {{template "select" .Operator}}.
type Choices struct {
	Name        string
	Label, Help Text
	Error       Text
	Single      bool
	Items       []Choice
}

// ID is the id of the fieldset, for an error summary to point to.
func (c Choices) ID() string { return "f-" + c.Name }

// Badge is a status as icon and word. Template: {{template "badge" .Status}}. Kind is one of queued, held, sent, delivered,
// failed, expired, rejected, active, revoked, open, paid, overdue, void, paused, disabled, neutral; it chooses colour and icon.
type Badge struct {
	Kind  string
	Label Text
}

var badgeIcons = map[string]string{
	"queued": "clock", "held": "pause", "sent": "send", "delivered": "check", "failed": "x", "expired": "hourglass",
	"rejected": "ban", "active": "check", "revoked": "ban",
	"open": "clock", "paid": "check", "overdue": "triangle-alert", "void": "ban",
	"paused": "pause", "disabled": "triangle-alert",
}

// Icon is the icon of the badge's kind.
func (b Badge) Icon() string { return iconOr(badgeIcons[b.Kind], "circle") }

func iconOr(name, fallback string) string {
	if name == "" {
		return fallback
	}
	return name
}

// Time is an instant for reading. Template: {{template "time" .Submitted}}; the zero value shows "–".
type Time struct {
	ISO   string // RFC 3339, for datetime=
	Text  Text   // relative: "2 minutes ago"
	Exact Text   // for title=
	Other Text   // the day in the other calendar, for title= too
}

// Tile is one figure of a dashboard. Template: {{template "tile" .}}.
type Tile struct {
	Label, Value Text
	Note         Text   // change against before, or a sentence
	Trend        string // "", "up", "down": which arrow
	Tone         string // "", "good", "bad": its colour
	Spark        *Spark // may be nil
	URL          string // where the figure comes from; may be empty
}

// Spark is a tiny line: Points is an SVG polyline in a 72×16 box.
type Spark struct{ Points string }

// Empty is what a list shows when it has nothing. Template: {{template "empty" .Empty}}.
type Empty struct {
	Icon        string
	Title, Text Text
	Action      *Link  // may be nil
	Code        string // a command to copy; may be empty
}

// Alert is something to know, where it happened. Template: {{template "alert" .Alert}}. Tone is info, success, warning or
// error.
type Alert struct {
	Tone      string
	Title     Text
	Text      Text
	Detail    string // upstream's own words, shown quoted; may be empty
	RequestID string // shown to copy when set
	Retry     string // URL to try again; may be empty
	Items     []Link // of an error summary: label and "#field-id"
	Focus     bool   // takes focus when it appears
}

var alertIcons = map[string]string{
	"success": "circle-check", "warning": "triangle-alert", "error": "circle-alert",
}

// Icon is the icon of the alert's tone.
func (a Alert) Icon() string { return iconOr(alertIcons[a.Tone], "info") }

// Secret is shown once. Template: {{template "secret" .Secret}}.
type Secret struct {
	Value   string
	Label   Text
	Warning Text
}

// Code is a block to copy, always left to right. Template: {{template "code" .}}.
type Code struct {
	ID    string
	Label Text
	Lang  string
	Text  string
}

// Chip is an active filter that can be removed. Template: {{template "chip" .}}.
type Chip struct {
	Label     Text
	RemoveURL string
}
