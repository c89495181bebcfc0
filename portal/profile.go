package portal

// Profile is how one person wants to see the portal. Empty fields mean "no choice made".
type Profile struct {
	Locale   string // BCP 47: "en", "fa-AF", "ps", "ar"
	Theme    string // "light" or "dark"; empty follows the system
	Zone     string // IANA name; empty is Asia/Kabul
	Calendar string // "gregorian" or "shamsi"; empty is the language's own
}
