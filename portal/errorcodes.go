package portal

// ErrorCode explains why a message was not delivered, in a closed set that the catalogue describes in words
// ("messages.error.<code>.title", ".cause", ".fix").
type ErrorCode struct {
	Code string
	// FixedBy says who can do something about it: "you", "recipient", "operator" or "us".
	FixedBy string
	// Raw is what the operator's delivery receipt carries (SMPP 3.4 err, or command_status).
	Raw string
}

// ErrorCodes lists every error code a message can end with.
var ErrorCodes = []ErrorCode{
	{Code: "unknown_subscriber", FixedBy: "you", Raw: "err:005"},
	{Code: "absent_subscriber", FixedBy: "recipient", Raw: "err:001"},
	{Code: "handset_memory_full", FixedBy: "recipient", Raw: "err:002"},
	{Code: "call_barred", FixedBy: "recipient", Raw: "err:009"},
	{Code: "validity_expired", FixedBy: "recipient", Raw: "stat:EXPIRED"},
	{Code: "rejected_by_operator", FixedBy: "you", Raw: "0x45"},
	{Code: "sender_not_registered", FixedBy: "you", Raw: "0x0A"},
	{Code: "operator_unavailable", FixedBy: "operator", Raw: "0x08"},
	{Code: "system_failure", FixedBy: "us", Raw: "err:012"},
}
