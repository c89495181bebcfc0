package locales

// Number formats an integer with the language's digits and grouping.
func (l *Locale) Number(n int64) Text { return Text(l.numerals.AppendInt(make([]byte, 0, 32), n)) }

// Decimal formats v with exactly digits decimals.
func (l *Locale) Decimal(v float64, digits int) Text {
	return Text(l.numerals.AppendFloat(make([]byte, 0, 32), v, digits, digits))
}

// Percent formats a fraction (0.974 → "97.4%") with at most one decimal.
func (l *Locale) Percent(fraction float64) Text {
	buf := l.numerals.AppendFloat(make([]byte, 0, 32), fraction*100, 0, 1)
	return Text(append(buf, l.numerals.Percent...))
}

// microDigits is how many decimals an amount in micro-AFN has.
const microDigits = 6

// The currencies that amounts are in.
const (
	AFN = "AFN"
	USD = "USD"
)

// sign is how a language writes a currency: before or after the amount, with its space.
type sign struct {
	text string
	last bool
}

// Money formats micro-AFN as a total: two decimals and the currency ("AFN 84,210.00", "؋ ۸۴٬۲۱۰٫۰۰"), joined by a
// no-break space. Halves are rounded away from nought.
func (l *Locale) Money(microAFN int64) Text { return l.amount(l.afn, microAFN, 2) }

// UnitPrice formats micro-AFN as a price per unit: two decimals, up to four where the price has them ("AFN 0.325").
func (l *Locale) UnitPrice(microAFN int64) Text { return l.amount(l.afn, microAFN, 4) }

// Amount is [Locale.Money] in millionths of a currency: AFN (also when empty), USD, or another one by its code.
func (l *Locale) Amount(currency string, micros int64) Text {
	return l.amount(l.sign(currency), micros, 2)
}

// UnitAmount is [Locale.UnitPrice] in millionths of a currency.
func (l *Locale) UnitAmount(currency string, micros int64) Text {
	return l.amount(l.sign(currency), micros, 4)
}

func (l *Locale) sign(currency string) sign {
	switch currency {
	case "", AFN:
		return l.afn
	case USD:
		return l.usd
	}
	return sign{currency + nbsp, false}
}

// leastDecimals is how many decimals an amount has at least.
const leastDecimals = 2

// amount writes the currency where the language has it, and the sign before all of it.
func (l *Locale) amount(s sign, micros int64, most int) Text {
	buf := append(make([]byte, 0, 48), l.mark...)
	if s.last {
		buf = l.numerals.AppendScaled(buf, micros, microDigits, leastDecimals, most)
		return Text(append(buf, s.text...))
	}
	number := l.numerals.AppendScaled(nil, micros, microDigits, leastDecimals, most)
	if minus := l.numerals.Minus; micros < 0 && len(number) > len(minus) && string(number[:len(minus)]) == minus {
		buf, number = append(buf, minus...), number[len(minus):]
	}
	return Text(append(append(buf, s.text...), number...))
}
