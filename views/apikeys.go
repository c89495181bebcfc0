package views

// APIKeyListPage is /api-keys.
type APIKeyListPage struct {
	Base
	Table APIKeyTable
}

// APIKeyTable is the list of keys, or why there is none: exactly one of Alert, Empty and Rows is set.
type APIKeyTable struct {
	OutOfBand bool // swapped in beside another answer
	Alert     *Alert
	Empty     *Empty
	Rows      []APIKeyRow // usable keys first, then the ended ones
}

// APIKeyRow is one key.
type APIKeyRow struct {
	ID         string
	Name       string
	Masked     string // prefix…last4
	Scopes     []string
	Status     Badge
	Created    Time
	LastUsed   Time // zero when the key has never been used
	Unused     bool
	LastUsedIP string
	Expires    Text // when, empty when the key does not expire or has ended
	Ended      bool // revoked or expired: greyed
	RevokeURL  string
}

// APIKeyNewPage is /api-keys/new without JavaScript.
type APIKeyNewPage struct {
	Base
	Form APIKeyForm
}

// APIKeyForm asks for a key's name, scopes and lifetime, in the dialog or on its page.
type APIKeyForm struct {
	Attempt string // opaque; makes one rendered form create one key
	Dialog  bool
	Alert   *Alert
	Name    Field
	Scopes  Choices
	Expiry  Choices
}

// APIKeyCreatedPage answers a creation without JavaScript.
type APIKeyCreatedPage struct {
	Base
	Created APIKeyCreated
}

// APIKeyCreated shows a new key, once. Table is the list swapped in behind the dialog; nil on a page of its own.
type APIKeyCreated struct {
	Dialog bool
	Name   string
	Scopes []string
	Secret Secret
	Table  *APIKeyTable
}

// APIKeyRevokePage is /api-keys/{keyId}/revoke without JavaScript.
type APIKeyRevokePage struct {
	Base
	Revoke APIKeyRevoke
}

// APIKeyRevoke asks before a key is ended for ever.
type APIKeyRevoke struct {
	Dialog   bool
	URL      string // where the confirmation is posted
	Title    Text
	Name     string
	Masked   string
	Stops    []Text // what stops working, one sentence each
	LastUsed Text   // a sentence, empty when never used
	Alert    *Alert // why the attempt failed
}

// APIKeyRevoked answers a revocation in the dialog: the dialog goes, the list comes.
type APIKeyRevoked struct {
	Table APIKeyTable
}

// The pages and fragments of API keys.
var (
	APIKeyList    = page[APIKeyListPage]("apikeys/list")
	APIKeyNew     = page[APIKeyNewPage]("apikeys/new")
	APIKeyMade    = page[APIKeyCreatedPage]("apikeys/created")
	APIKeyConfirm = page[APIKeyRevokePage]("apikeys/revoke")

	APIKeyTableFragment   = fragment[APIKeyTable]("apikeys/_table")
	APIKeyDialogFragment  = fragment[APIKeyForm]("apikeys/_dialog")
	APIKeyFormFragment    = fragment[APIKeyForm]("apikeys/_form")
	APIKeyMadeFragment    = fragment[APIKeyCreated]("apikeys/_created")
	APIKeyConfirmFragment = fragment[APIKeyRevoke]("apikeys/_revoke_dialog")
	APIKeyRevokedFragment = fragment[APIKeyRevoked]("apikeys/_revoked")
)
