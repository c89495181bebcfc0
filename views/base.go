package views

// Base is what every page has: the frame's own data. Handlers get it from handlers/web and embed it in their page.
type Base struct {
	Title       Text   // of the document and, unless the page has its own, of the h1
	Description Text   // meta description and the sentence under the h1
	Lang, Dir   string // BCP 47; "ltr" or "rtl"
	Theme       string // "", "light" or "dark"; empty follows the system
	Nonce       string // of this response's Content-Security-Policy
	Build       string // build id
	RequestID   string
	Path        string // of this page with its query, for the language switcher
	Nav         []NavGroup
	Locales     []LocaleLink // for pages that list the languages; the frame has its own list
	User        *UserCard    // nil when nobody is signed in
	Demo        bool         // the embedded platform is seeded with demo data
	Breadcrumb  []Link       // without the page itself
	Flash       *Toast       // shown once, in the status region
	Notice      *Alert       // above the page's own content
}

// NavGroup is one group of the sidebar.
type NavGroup struct {
	Label Text
	Items []NavItem
}

// NavItem is one entry of the sidebar.
type NavItem struct {
	Link
	Icon    string // id in the sprite
	Current bool
}

// Link is somewhere to go. URL is a local path.
type Link struct {
	Label Text
	URL   string
}

// LocaleLink is one entry of the language switcher: the same page in another language.
type LocaleLink struct {
	Tag     string
	Name    string // in its own language
	Dir     string
	Current bool
}

// UserCard is who is signed in.
type UserCard struct {
	Name, Email, Tenant, Initial string
}

// Toast is a short message, shown for some seconds.
type Toast struct {
	Text Text
	Bad  bool // something failed; an alert where it happened says the rest
}
