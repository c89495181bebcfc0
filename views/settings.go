package views

// SettingsPage is /settings: how one person wants to see the portal, and where they are signed in.
type SettingsPage struct {
	Base
	Tabs     []Tab
	Language Choices
	ThemeSet Choices
	Calendar Choices
	Zone     Choices
	Example  Text // now, as the saved choices show it
	Sessions SessionList
}

// SessionList is where a person is signed in.
type SessionList struct {
	Rows   []SessionRow
	Alert  *Alert // why the list is not there
	EndAll string // where "Sign out everywhere" leads; empty when there is nothing to end
}

// SessionRow is one browser.
type SessionRow struct {
	Device  Text
	Icon    string
	IP      string // may be empty
	Since   Time
	Used    Time
	Current bool
	EndURL  string // where ending it is posted
}

// SessionsEndPage is /settings/sessions/end without JavaScript.
type SessionsEndPage struct {
	Base
	End SessionsEnd
}

// SessionsEnd asks before every session is ended.
type SessionsEnd struct {
	Dialog bool
	Stay   Choices
	Alert  *Alert // why the attempt failed
}

// The pages of the settings.
var (
	Settings    = page[SettingsPage]("settings/show")
	SessionsOut = page[SessionsEndPage]("settings/end")

	SessionsOutFragment = fragment[SessionsEnd]("settings/_end_dialog")
)
