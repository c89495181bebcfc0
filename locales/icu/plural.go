package icu

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// rules are a language's plural categories. x/text decides which category a number has but cannot list them, and the
// parser must refuse those that a language lacks.
type rules struct{ cardinal, ordinal map[string]plural.Form }

var (
	oneOther = map[string]plural.Form{"one": plural.One, "other": plural.Other}
	other    = map[string]plural.Form{"other": plural.Other}
)

var languages = map[string]rules{
	"en": {oneOther, map[string]plural.Form{
		"one": plural.One, "two": plural.Two, "few": plural.Few, "other": plural.Other,
	}},
	"fa": {oneOther, other},
	"ps": {oneOther, other},
	"ar": {map[string]plural.Form{
		"zero": plural.Zero, "one": plural.One, "two": plural.Two,
		"few": plural.Few, "many": plural.Many, "other": plural.Other,
	}, other},
}

// rulesOf returns the categories of tag's language.
func rulesOf(tag language.Tag) (rules, bool) {
	base, _ := tag.Base()
	r, ok := languages[base.String()]
	return r, ok
}

// form returns the category of n as it is displayed, with at most three decimals.
func form(r *plural.Rules, tag language.Tag, n number) plural.Form {
	if n.isInt {
		return r.MatchPlural(tag, reduce(n.i), 0, 0, 0, 0)
	}
	whole, frac := n.digits(3)
	i := int64(0)
	for _, d := range whole {
		i = reduce64(i*10 + int64(d-'0'))
	}
	f := 0
	for _, d := range frac {
		f = f*10 + int(d-'0')
	}
	return r.MatchPlural(tag, int(i), len(frac), len(frac), f, f) // trailing zeros are never displayed: v = w, f = t
}

// reduce makes n small without changing its category: rules look at small numbers and at remainders of powers of ten
// up to a million. It also drops the sign.
func reduce(n int64) int {
	if n < 0 {
		n = -(n % 1e18) // the least int64 has no positive counterpart
	}
	return int(reduce64(n))
}

func reduce64(n int64) int64 {
	if n >= 1e7 {
		n = n%1e6 + 1e6
	}
	return n
}
