package views

// SendTestPage is /send-test.
type SendTestPage struct {
	Base
	Panel SendTestPanel
}

// SendTestPanel is the form, what came of the last submission, and the preview beside it.
type SendTestPanel struct {
	Attempt string // opaque; makes one rendered form send one message however often it is submitted
	Alert   *Alert
	Result  *SendTestResult
	To      Field
	From    Field
	Body    Field
	Counter SendTestCounter
	Preview SendTestPreview
}

// SendTestCounter is the count of characters under the text. The page's script keeps it true while typing.
type SendTestCounter struct {
	Count Text
	Over  bool // above the 160 characters of one SMS
}

// SendTestResult is a message just accepted.
type SendTestResult struct {
	MessageID string
	URL       string // of the message's page
	StatusURL string // of the fragment that follows it; empty when Status is final
	Status    *Badge // nil when the status could not be read
}

// SendTestPreview says how the text would travel, and the same call for a program.
type SendTestPreview struct {
	From, Body                  string // as the handset shows them; may be empty
	Encoding, Characters, Units Text
	Segments, Operator, Cost    Text
	Parts                       Text // a warning when it takes more than one part; may be empty
	Unicode                     Text // why it travels as UCS-2; empty for GSM-7
	Culprits                    []SendTestCulprit
	More                        Text // how many kinds of characters are not listed; may be empty
	ReplaceAll                  bool // more than one kind has a replacement
	Call                        SendTestCall
}

// SendTestCall is the same message as a command.
type SendTestCall struct {
	OutOfBand bool // swapped in beside the preview
	Code      Code
}

// SendTestCulprit is one kind of character that forced UCS-2. Replace is the value that the replacing button submits.
type SendTestCulprit struct {
	Char      string // as it is, or empty when it cannot be seen
	CodePoint string // "U+2019"
	Where     Text
	Replace   string // empty when there is no replacement
	With      Text
}

// The page and the fragments of the test sender.
var (
	SendTest = page[SendTestPage]("sendtest/form")

	SendTestPanelFragment   = fragment[SendTestPanel]("sendtest/_panel")
	SendTestPreviewFragment = fragment[SendTestPreview]("sendtest/_previewed")
)
