package views

// DeskTicketPage is a ticket of the demo's own support desk.
type DeskTicketPage struct {
	Base
	Subject, Text    string // the customer's words
	Tenant           string
	TenantURL        string
	Number           string
	Status, Priority Text
	Opened           Time
}

// DeskTicket is the page.
var DeskTicket = page[DeskTicketPage]("desk/ticket")
