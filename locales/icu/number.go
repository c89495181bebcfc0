package icu

import (
	"math"
	"reflect"
	"strconv"
)

// number is an argument's value: i when isInt, else f.
type number struct {
	i     int64
	f     float64
	isInt bool
}

// numberOf reads a number of any of Go's types.
func numberOf(v any) (number, bool) {
	switch v := v.(type) {
	case int:
		return number{i: int64(v), isInt: true}, true
	case int64:
		return number{i: v, isInt: true}, true
	case float64:
		return floatNumber(v), true
	}
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return number{i: r.Int(), isInt: true}, true
	case r.CanUint() && r.Uint() <= math.MaxInt64:
		return number{i: int64(r.Uint()), isInt: true}, true //nolint:gosec // bounded on the line above
	case r.CanUint():
		return number{f: float64(r.Uint())}, true
	case r.CanFloat():
		return floatNumber(r.Float()), true
	}
	return number{}, false
}

// floatNumber makes a whole float an integer, as it is displayed like one.
func floatNumber(f float64) number {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return number{i: int64(f), isInt: true}
	}
	return number{f: f}
}

func (n number) float() float64 {
	if n.isInt {
		return float64(n.i)
	}
	return n.f
}

func (n number) equals(i int64) bool { return n.isInt && n.i == i }

func (n number) less(offset int64) number {
	if n.isInt {
		n.i -= offset
		return n
	}
	n.f -= float64(offset)
	return n
}

// digits returns the digits before and after the point of |n| with at most so many decimals, without trailing noughts.
func (n number) digits(decimals int) (whole, frac string) {
	if math.IsNaN(n.f) || math.IsInf(n.f, 0) {
		return "0", ""
	}
	s := strconv.FormatFloat(math.Abs(n.f), 'f', decimals, 64)
	whole, frac = s[:len(s)-decimals-1], s[len(s)-decimals:]
	for frac != "" && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	return whole, frac
}
