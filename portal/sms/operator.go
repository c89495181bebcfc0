package sms

import "strings"

// Operators lists the operator codes of Afghanistan.
var Operators = []string{"awcc", "roshan", "etisalat", "atoma", "salaam"}

// OtherOperator is the code for every number outside the Afghan mobile plan.
const OtherOperator = "other"

// Operator returns the code of the operator that a number's prefix was allocated to: "awcc", "roshan", "etisalat", "atoma",
// "salaam", or "other" outside the Afghan mobile plan. Numbers may have been ported: it is a probability.
func Operator(e164 string) string {
	national, ok := strings.CutPrefix(e164, "+93")
	if !ok || len(national) != 9 || national[0] != '7' {
		return OtherOperator
	}
	switch national[1] {
	case '0', '1':
		return "awcc"
	case '2', '9':
		return "roshan"
	case '3', '8':
		return "etisalat"
	case '6', '7':
		return "atoma"
	case '5':
		return "salaam"
	}
	switch national[2] { // 74x is allocated in part
	case '4', '7', '8', '9':
		return "salaam"
	}
	return OtherOperator
}

// PriceMicros is the tariff of one segment to an operator, in micro-AFN.
func PriceMicros(operator string) int64 {
	switch operator {
	case "awcc":
		return 750_000
	case "roshan":
		return 850_000
	case "etisalat":
		return 900_000
	case "atoma":
		return 800_000
	case "salaam":
		return 500_000
	}
	return 1_750_000
}
