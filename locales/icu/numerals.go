package icu

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// Numerals is how a language writes numbers.
type Numerals struct {
	Zero    rune   // the digit nought; the other nine follow it in Unicode
	Group   string // between thousands
	Decimal string
	Percent string // after the number
	Minus   string // before the number, with the bidi marks that keep it there
}

// AppendInt appends n, grouped by thousands.
func (u *Numerals) AppendInt(dst []byte, n int64) []byte {
	var buf [20]byte
	digits := strconv.AppendInt(buf[:0], n, 10)
	if n < 0 {
		dst, digits = append(dst, u.Minus...), digits[1:]
	}
	return u.appendGrouped(dst, digits)
}

// AppendPlain appends n in the language's digits and nothing else: for years, counts of a clock, codes. width pads
// with noughts.
func (u *Numerals) AppendPlain(dst []byte, n int64, width int) []byte {
	var buf [20]byte
	digits := strconv.AppendInt(buf[:0], n, 10)
	if n < 0 {
		dst, digits = append(dst, u.Minus...), digits[1:]
	}
	for range width - len(digits) {
		dst = utf8.AppendRune(dst, u.Zero)
	}
	return u.AppendDigits(dst, digits)
}

// AppendDigits appends ASCII digits in the language's own.
func (u *Numerals) AppendDigits(dst, digits []byte) []byte {
	if u.Zero == '0' {
		return append(dst, digits...)
	}
	for _, d := range digits {
		dst = utf8.AppendRune(dst, u.Zero+rune(d-'0'))
	}
	return dst
}

// AppendFloat appends v, grouped, with least to most decimals, rounded to the nearest, ties away from nought as
// browsers do. A number that is none or infinite is a dash.
func (u *Numerals) AppendFloat(dst []byte, v float64, least, most int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "–"...)
	}
	var buf [64]byte
	abs := math.Abs(v)
	if abs < 1<<52 { // strconv rounds an exact tie to even; the next float up is none any more
		abs = math.Nextafter(abs, math.Inf(1))
	}
	digits := strconv.AppendFloat(buf[:0], abs, 'f', most, 64)
	return u.appendNumber(dst, v < 0, digits, most, least)
}

// AppendScaled appends n / 10^scale, grouped, with least to most decimals, rounded half away from zero: for money,
// which must not pass through a float.
func (u *Numerals) AppendScaled(dst []byte, n int64, scale, least, most int) []byte {
	abs := uint64(n) //nolint:gosec // two's complement: the negation below is exact even for the least int64
	if n < 0 {
		abs = -abs
	}
	if scale > most { // one division, so that 0.4445 is not rounded twice
		unit := uint64(1)
		for ; scale > most; scale-- {
			unit *= 10
		}
		abs = abs/unit + (abs%unit)/(unit/2)
	}
	var buf [40]byte
	digits := strconv.AppendUint(buf[:0], abs, 10)
	for len(digits) <= scale { // 7 at scale 2 is 0.07
		digits = append(digits, 0)
		copy(digits[1:], digits)
		digits[0] = '0'
	}
	at := len(digits) - scale
	digits = append(digits, 0)
	copy(digits[at+1:], digits[at:])
	digits[at] = '.'
	return u.appendNumber(dst, n < 0, digits, scale, least)
}

// appendNumber appends ASCII digits "1234.50" that have so many decimals, dropping trailing noughts down to least.
func (u *Numerals) appendNumber(dst []byte, negative bool, digits []byte, decimals, least int) []byte {
	whole, frac := digits, []byte(nil)
	if decimals > 0 {
		whole, frac = digits[:len(digits)-decimals-1], digits[len(digits)-decimals:]
	} else if n := len(digits); n > 0 && digits[n-1] == '.' {
		whole = digits[:n-1]
	}
	for len(frac) > least && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if negative && !allZero(whole, frac) { // what rounds to nought has no sign
		dst = append(dst, u.Minus...)
	}
	dst = u.appendGrouped(dst, whole)
	if len(frac) > 0 {
		dst = u.AppendDigits(append(dst, u.Decimal...), frac)
	}
	return dst
}

func (u *Numerals) appendGrouped(dst, digits []byte) []byte {
	head := len(digits) % 3
	dst = u.AppendDigits(dst, digits[:head])
	for i := head; i < len(digits); i += 3 {
		if i > 0 {
			dst = append(dst, u.Group...)
		}
		dst = u.AppendDigits(dst, digits[i:i+3])
	}
	return dst
}

func allZero(parts ...[]byte) bool {
	for _, p := range parts {
		for _, d := range p {
			if d != '0' {
				return false
			}
		}
	}
	return true
}
