package sms

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNormalise(t *testing.T) {
	for _, tt := range []struct{ in, want string }{ // want "" is a refusal
		{"+93700000001", "+93700000001"},
		{"0093700000001", "+93700000001"},
		{"93700000001", "+93700000001"},
		{"0700000001", "+93700000001"},
		{"0744 123 456", "+93744123456"},
		{"۰۷۹۹۱۲۳۴۵۶", "+93799123456"},
		{"٠٧٩٩١٢٣٤٥٦", "+93799123456"},
		{"+۹۳ ۷۹ ۹۱۲ ۳۴۵۶", "+93799123456"},
		{"\u200e+93 79-912-3456\u200f", "+93799123456"},
		{"\u202a+93\u00a079\u2011912\u20133456\u202c", "+93799123456"},
		{"(0799) 123 456", "+93799123456"},
		{"+93 (0) 799 123456", "+93799123456"},
		{"0093 0799123456", "+93799123456"},
		{"＋93799123456", "+93799123456"},
		{"+4915112345678", "+4915112345678"},
		{"00971 50 123 4567", "+971501234567"},
		{"+93202301234", "+93202301234"}, // a landline is E.164
		{"", ""},
		{"+", ""},
		{"abc", ""},
		{"070000000", ""},   // nine digits
		{"07000000011", ""}, // eleven
		{"700000001", ""},   // neither national nor international
		{"+9370000001", ""}, // an Afghan mobile one digit short
		{"+937000000011", ""},
		{"9370000000", ""},
		{"+0700000001", ""},
		{"4915112345678", ""}, // another country needs its plus
		{"+1234567890123456", ""},
		{"+123456", ""},
		{"++93700000001", ""},
		{"93+700000001", ""},
		{"+93700000001x5", ""},
		{"+93700000001\x00", ""},
		{"+937०0000001", ""}, // a Devanagari digit
		{strings.Repeat(" ", 200) + "+93700000001", ""},
	} {
		got, ok := Normalise(tt.in)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Normalise(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestNormalisePrefix(t *testing.T) {
	for _, tt := range []struct{ in, want string }{ // want "" is a refusal
		{"+", "+"},
		{"+9", "+9"},
		{"+93 79", "+9379"},
		{" 9379", "+9379"}, // a plus sign that a query string made a space
		{"0799", "+93799"},
		{"۰۷۹۹", "+93799"},
		{"0", "+93"},
		{"0093 7", "+937"},
		{"93", "+93"},
		{"+93700000001", "+93700000001"},
		{"", ""},
		{" ", ""},
		{"-", ""},
		{"+93x", ""},
		{"' OR 1=1", ""},
		{"1234567890123456", ""},
	} {
		got, ok := NormalisePrefix(tt.in)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("NormalisePrefix(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestOperator(t *testing.T) {
	for prefix, want := range map[string]string{
		"70": "awcc", "71": "awcc", "72": "roshan", "79": "roshan", "73": "etisalat", "78": "etisalat",
		"76": "atoma", "77": "atoma", "75": "salaam", "744": "salaam", "747": "salaam", "748": "salaam", "749": "salaam",
		"740": "other", "741": "other", "742": "other", "743": "other", "745": "other", "746": "other",
		"20": "other",
	} {
		number := "+93" + (prefix + "0000000")[:9]
		if got := Operator(number); got != want {
			t.Errorf("Operator(%s) = %s, want %s", number, got, want)
		}
	}
	for _, s := range []string{"", "+93", "+9370", "+4970000000", "93700000001", "+93700000001 "} {
		if got := Operator(s); got != "other" {
			t.Errorf("Operator(%q) = %s, want other", s, got)
		}
	}
}

func TestPriceMicros(t *testing.T) {
	for _, op := range append(slices.Clone(Operators), OtherOperator, "") {
		if p := PriceMicros(op); p < 500_000 || p > 1_750_000 {
			t.Errorf("%q costs %d micro-AFN", op, p)
		}
	}
}

func TestValidSender(t *testing.T) {
	for _, s := range []string{"PAMIR", "PAMIR-OTP", "A1_", "My Shop", "Dr.Ali", "ABCDEFGHIJK", "+93700000001"} {
		if !ValidSender(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{"", "AB", "ABCDEFGHIJKL", "12345", "93700000001", "پامیر", "A\x00B", " PAMIR", "PAMIR ", "a<b>", "+9370000", "+abc", "a/b"} {
		if ValidSender(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"+93700000001", "۰۷۹۹۱۲۳۴۵۶", "00 93 (0) 70", "\u200f0799-123-456", "+", "\xff"} {
		f.Add(s)
	}
	e164 := regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
	mobile := regexp.MustCompile(`^\+937\d{8}$`)
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Normalise(s)
		if !ok {
			if got != "" {
				t.Errorf("a refusal of %q with %q", s, got)
			}
			return
		}
		if !e164.MatchString(got) || strings.HasPrefix(got, "+937") && !mobile.MatchString(got) {
			t.Errorf("Normalise(%q) = %q", s, got)
		}
		if again, ok := Normalise(got); !ok || again != got {
			t.Errorf("Normalise(%q) = %q, but that normalises to %q", s, got, again)
		}
	})
}
