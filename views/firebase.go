package views

// FirebasePage is /login/firebase, in the window in which accounts move from there.
type FirebasePage struct {
	Base
	Return string // where to go after signing in
	Token  Field
	Alert  *Alert
}

// Firebase is the page's handle.
var Firebase = barePage[FirebasePage]("login/firebase")
