package views

// The wizard that changes a secret: of a webhook, of an API key. What it is about comes as data.

// RotationForm asks how long the old secret goes on working beside the new one.
type RotationForm struct {
	Dialog  bool
	Attempt string // opaque; makes one rendered form make one secret
	URL     string // where the choice is posted
	Back    string
	Title   Text
	Text    Text
	Overlap Choices
	Alert   *Alert
}

// Rotated shows the new secret, once. Status is what is swapped in behind the dialog; nil on a page of its own.
type Rotated struct {
	Dialog bool
	Title  Text
	Text   Text // what becomes of the old secret
	Secret Secret
	Back   string
	Status *RotationStatus
}

// RotationStatus is a change of secret under way, and asks for itself again while it is. A zero PollURL ends it.
type RotationStatus struct {
	OutOfBand bool
	PollURL   string
	Title     Text
	Text      Text // when the old secret ends
	Figure    Text // how often the old one was still needed
	Label     Text // of the figure
	Verdict   Text // whether it is safe to end the old one
	Ready     bool // it is
	RetireURL string
	Announce  Text // spoken when the verdict has changed since the page saw it
}

// RotationRetire asks before the old secret is ended.
type RotationRetire struct {
	Dialog bool
	URL    string
	Back   string
	Title  Text
	Text   Text
	Warn   *Alert // it is still in use
	Alert  *Alert // why the attempt failed
}

// RotationRetired answers the end of the old secret in the dialog.
type RotationRetired struct{ Status RotationStatus }

// RotationFormPage is the first step without JavaScript.
type RotationFormPage struct {
	Base
	Form RotationForm
}

// RotatedPage is the second: the new secret.
type RotatedPage struct {
	Base
	Rotated Rotated
}

// RotationRetirePage is the last: the end of the old secret.
type RotationRetirePage struct {
	Base
	Retire RotationRetire
}

// The pages and fragments of the wizard.
var (
	RotationAsk     = page[RotationFormPage]("rotation/form")
	RotationMade    = page[RotatedPage]("rotation/made")
	RotationConfirm = page[RotationRetirePage]("rotation/retire")

	RotationDialogFragment  = fragment[RotationForm]("rotation/_dialog")
	RotationFormFragment    = fragment[RotationForm]("rotation/_form")
	RotatedFragment         = fragment[Rotated]("rotation/_made")
	RotationStatusFragment  = fragment[RotationStatus]("rotation/_status")
	RotationConfirmFragment = fragment[RotationRetire]("rotation/_retire_dialog")
	RotationRetiredFragment = fragment[RotationRetired]("rotation/_retired")
)
