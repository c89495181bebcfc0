package views

// WebhookListPage is /webhooks.
type WebhookListPage struct {
	Base
	List WebhookList
}

// WebhookList is the list of webhooks, or why there is none: exactly one of Alert, Empty and Cards is set.
type WebhookList struct {
	OutOfBand bool // swapped in beside another answer
	Alert     *Alert
	Empty     *Empty
	Cards     []WebhookCard
}

// WebhookCard is one webhook, in the list or on its own page.
type WebhookCard struct {
	ID        string
	URL       string // of the receiver
	Version   int
	Whole     bool // on the webhook's own page
	OutOfBand bool // its state is swapped in beside another answer
	Focus     bool // the way to edit takes focus
	Status    Badge
	Paused    bool // a person resumes it
	Events    []string
	Health    WebhookHealth
	Last      *WebhookLast
	Rotating  bool
	Trouble   *WebhookTrouble
	Verdict   *WebhookVerdict // of the URL just saved
}

// Path is the address of the webhook's page.
func (w WebhookCard) Path() string { return "/webhooks/" + w.ID }

// From tells a form where it stands, and so what its answer is to look like.
func (w WebhookCard) From() string {
	if w.Whole {
		return "page"
	}
	return "list"
}

// WebhookHealth counts the deliveries of the last 24 hours.
type WebhookHealth struct {
	None                       bool
	Summary                    Text
	Delivered, Failed, Waiting Text
	Bad                        bool // some were given up
}

// WebhookLast is the last attempt.
type WebhookLast struct {
	Outcome Badge
	Code    string // HTTP status; empty when there was no answer
	At      Time
}

// WebhookTrouble says that a webhook is disabled, or on its way there.
type WebhookTrouble struct {
	Tone        string // of an [Alert]
	Title, Text Text
}

// WebhookVerdict is what a look at a URL found.
type WebhookVerdict struct {
	Tone        string // of an [Alert]
	Title, Text Text
	Addresses   []string
	Certificate Text // until when it holds; may be empty
}

// Icon is the icon of the verdict's tone.
func (v WebhookVerdict) Icon() string { return iconOr(alertIcons[v.Tone], "info") }

// WebhookForm asks for a URL and events: of a new webhook, or of one that is there.
type WebhookForm struct {
	Attempt string // of a new one: opaque; makes one rendered form create one webhook
	Dialog  bool
	ID      string // of one that is there
	From    string
	Version int
	Back    string // where Cancel leads
	Alert   *Alert
	Newer   *WebhookNewer // somebody was quicker
	URL     Field
	Events  Choices
}

// WebhookNewer are the values that a stale edit did not know of.
type WebhookNewer struct {
	URL    string
	Events []string
	Status Badge
	At     Time
}

// WebhookFormPage is the form without JavaScript, in a page of its own.
type WebhookFormPage struct {
	Base
	Form WebhookForm
}

// WebhookCreated shows a new webhook's secret, once. List is swapped in behind the dialog; nil on a page of its own.
type WebhookCreated struct {
	Dialog  bool
	URL     string
	Path    string
	Events  []string
	Secret  Secret
	Verdict *WebhookVerdict
	List    *WebhookList
}

// WebhookCreatedPage answers a creation without JavaScript.
type WebhookCreatedPage struct {
	Base
	Created WebhookCreated
}

// WebhookDelete asks before a webhook is deleted.
type WebhookDelete struct {
	Dialog  bool
	ID      string
	From    string
	Back    string
	URL     string
	Stops   []Text
	Waiting Text // how many deliveries are dropped; empty when none
	Alert   *Alert
}

// WebhookDeletePage is the question without JavaScript.
type WebhookDeletePage struct {
	Base
	Delete WebhookDelete
}

// WebhookDeleted answers a deletion in the dialog: the dialog goes, the list comes.
type WebhookDeleted struct{ List WebhookList }

// WebhookPage is /webhooks/{webhookId}.
type WebhookPage struct {
	Base
	Card      WebhookCard
	Facts     WebhookFacts
	Rotation  *RotationStatus
	RotateURL string
	Attempts  WebhookAttempts
	Guide     WebhookGuide
	Verdict   *WebhookVerdict // the answer to a look at the URL
}

// WebhookFacts are the facts beside the card.
type WebhookFacts struct {
	ID               string
	Created, Changed Text
}

// WebhookAttempts is the log of attempts.
type WebhookAttempts struct {
	WebhookID string
	Tabs      []Tab
	Outcome   string // as the filter has it
	Alert     *Alert
	Empty     *Empty
	Rows      []WebhookAttemptRow
	MoreURL   string
	NewestURL string // on a later page: back to the first
	Wait      *WebhookWait
	State     *WebhookCard // as it is after what the page waited for; nil leaves the card alone
}

// WebhookWait asks for the log again until an attempt is in it.
type WebhookWait struct {
	URL  string
	Text Text
}

// WebhookAttemptRow is one attempt of one delivery.
type WebhookAttemptRow struct {
	ID         string
	Path       string
	Focus      bool
	At         Time
	Event      string
	Number     Text // which try of the delivery
	Outcome    Badge
	Code       string // HTTP status; empty when there was no answer
	Error      Text   // why it failed; empty when it did not
	Duration   Text
	Delivery   Badge // as it stands now
	Next       Text  // when it is tried again
	RetryURL   string
	RetryState string // the filter to come back to
}

// WebhookAttemptsMore is what "Load more" adds.
type WebhookAttemptsMore struct {
	Rows    []WebhookAttemptRow
	MoreURL string
	Alert   *Alert
}

// WebhookAttemptView is one attempt whole, in the drawer or on its page.
type WebhookAttemptView struct {
	Dialog          bool
	Back            string
	Row             WebhookAttemptRow
	Exact           Text
	DeliveryID      string
	MessageID       string
	ByHand          bool
	RequestHeaders  Code
	RequestBody     *Code // nil when it is no longer kept
	ResponseHeaders *Code
	ResponseBody    *Code // nil when there was none
	ResponseCut     bool
	Answered        bool
}

// WebhookAttemptPage is /webhooks/{webhookId}/attempts/{attemptId}.
type WebhookAttemptPage struct {
	Base
	Attempt WebhookAttemptView
}

// WebhookGuide is verification code in one of several languages.
type WebhookGuide struct {
	Tabs    []QuickstartTab
	Install Code
	Sample  Code
}

// WebhookGuidePage is /webhooks/verify.
type WebhookGuidePage struct {
	Base
	Guide   WebhookGuide
	Headers []WebhookHeader
	Events  []WebhookEventRow
	Payload Code
	Retries []Text // the pauses after each failed attempt
}

// WebhookHeader is one header of a delivery.
type WebhookHeader struct {
	Name string
	Text Text
}

// WebhookEventRow is one event.
type WebhookEventRow struct {
	Name string
	Text Text
}

// The pages and fragments of webhooks.
var (
	WebhookHome     = page[WebhookListPage]("webhooks/list")
	WebhookNew      = page[WebhookFormPage]("webhooks/new")
	WebhookEdit     = page[WebhookFormPage]("webhooks/edit")
	WebhookMade     = page[WebhookCreatedPage]("webhooks/created")
	WebhookConfirm  = page[WebhookDeletePage]("webhooks/delete")
	WebhookShow     = page[WebhookPage]("webhooks/show")
	WebhookAttempt  = page[WebhookAttemptPage]("webhooks/attempt")
	WebhookVerifyBy = page[WebhookGuidePage]("webhooks/guide")

	WebhookListFragment     = fragment[WebhookList]("webhooks/_list")
	WebhookCardFragment     = fragment[WebhookCard]("webhooks/_card")
	WebhookDialogFragment   = fragment[WebhookForm]("webhooks/_dialog")
	WebhookFormFragment     = fragment[WebhookForm]("webhooks/_form")
	WebhookEditFragment     = fragment[WebhookForm]("webhooks/_edit")
	WebhookMadeFragment     = fragment[WebhookCreated]("webhooks/_created")
	WebhookConfirmFragment  = fragment[WebhookDelete]("webhooks/_delete_dialog")
	WebhookDeletedFragment  = fragment[WebhookDeleted]("webhooks/_deleted")
	WebhookVerdictFragment  = fragment[WebhookVerdict]("webhooks/_verdict")
	WebhookAttemptsFragment = fragment[WebhookAttempts]("webhooks/_attempts")
	WebhookMoreFragment     = fragment[WebhookAttemptsMore]("webhooks/_more")
	WebhookAttemptFragment  = fragment[WebhookAttemptView]("webhooks/_attempt_dialog")
	WebhookGuideFragment    = fragment[WebhookGuide]("webhooks/_guide")
)
