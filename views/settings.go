package views

// SettingsPage is /settings: how one person wants to see the portal.
type SettingsPage struct {
	Base
	Language Choices
	ThemeSet Choices
	Calendar Choices
	Zone     Choices
	Example  Text // now, as the saved choices show it
}

// Settings is the page's handle.
var Settings = page[SettingsPage]("settings/show")
