package views

// LoginPage is where somebody arrives who is not signed in.
type LoginPage struct {
	Base
	StartURL   string // begins the sign-in, with the return path in its query
	Alert      *Alert // why they are here: session ended, role missing, refused; may be nil
	RetryAfter int    // seconds until another attempt is allowed; 0 for none

	FirebaseURL string // second way in, while accounts move from Firebase; empty when closed
}

// Login is the page at /login.
var Login = barePage[LoginPage]("login/login")

// HopPage answers with 200 and a Refresh header where a redirect would lose the session cookie (a Strict cookie is not
// sent on a navigation that another site began) or be stopped by form-action. The link is for browsers that do not
// follow Refresh.
type HopPage struct {
	Base
	URL  string // where to go on, absolute when it is another origin
	Text Text
}

// Hop is the page between two origins.
var Hop = barePage[HopPage]("hop/hop")
