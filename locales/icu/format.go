package icu

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Format is a language's way of filling messages in. Safe for concurrent use once set.
type Format struct {
	Tag      language.Tag
	Numerals Numerals
	RTL      bool
	// Ready recognises values that are text in the reader's own language: they go in as they are, while other text
	// is isolated where its direction could disturb the sentence. May be nil.
	Ready func(v any) (text string, ok bool)
}

// Append appends the message filled in from name, value pairs. Pairs that the message does not use are passed over.
func (m *Message) Append(dst []byte, f *Format, pairs []any) ([]byte, error) {
	if len(pairs)%2 != 0 {
		return dst, fmt.Errorf("arguments are not name, value pairs: %d values", len(pairs))
	}
	if m.nodes == nil {
		return append(dst, m.text...), nil
	}
	return f.nodes(dst, m.nodes, pairs)
}

func (f *Format) nodes(dst []byte, nodes []node, pairs []any) ([]byte, error) {
	for i := range nodes {
		n := &nodes[i]
		if n.op == opText {
			dst = append(dst, n.text...)
			continue
		}
		v, err := lookup(pairs, n.arg)
		if err != nil {
			return dst, err
		}
		switch n.op {
		case opArg:
			dst, err = f.value(dst, n.arg, v)
		case opSelect:
			dst, err = f.choose(dst, n, v, pairs)
		default:
			num, ok := numberOf(v)
			if !ok {
				return dst, fmt.Errorf("argument %q is a %T, not a number", n.arg, v)
			}
			dst, err = f.number(dst, n, num, pairs)
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func lookup(pairs []any, name string) (any, error) {
	for i := 0; i < len(pairs); i += 2 {
		if s, ok := pairs[i].(string); ok && s == name {
			return pairs[i+1], nil
		}
	}
	return nil, fmt.Errorf("argument %q is missing", name)
}

func (f *Format) number(dst []byte, n *node, num number, pairs []any) ([]byte, error) {
	switch n.op {
	case opHash:
		return f.appendNumber(dst, num.less(n.offset), styleDefault), nil
	case opNumber:
		return f.appendNumber(dst, num, n.style), nil
	}
	for i := range n.cases {
		if n.cases[i].isExact && num.equals(n.cases[i].exact) {
			return f.nodes(dst, n.cases[i].body, pairs)
		}
	}
	r := plural.Cardinal
	if n.op == opOrdinal {
		r = plural.Ordinal
	}
	want := uint8(form(r, f.Tag, num.less(n.offset)))
	for i := range n.cases {
		if !n.cases[i].isExact && n.cases[i].form == want {
			return f.nodes(dst, n.cases[i].body, pairs)
		}
	}
	return f.nodes(dst, n.cases[n.other].body, pairs)
}

func (f *Format) appendNumber(dst []byte, n number, s style) []byte {
	u := &f.Numerals
	switch {
	case s == stylePercent:
		return append(u.AppendFloat(dst, n.float()*100, 0, 1), u.Percent...)
	case s == stylePlain && n.isInt:
		return u.AppendPlain(dst, n.i, 0)
	case s == stylePlain:
		return u.AppendPlain(dst, int64(math.Round(n.f)), 0)
	case n.isInt:
		return u.AppendInt(dst, n.i)
	case s == styleInteger:
		return u.AppendFloat(dst, n.f, 0, 0)
	}
	return u.AppendFloat(dst, n.f, 0, 3)
}

func (f *Format) choose(dst []byte, n *node, v any, pairs []any) ([]byte, error) {
	s, ok := textOf(v)
	if !ok {
		return dst, fmt.Errorf("argument %q is a %T, not text", n.arg, v)
	}
	for i := range n.cases {
		if n.cases[i].selector == s {
			return f.nodes(dst, n.cases[i].body, pairs)
		}
	}
	return f.nodes(dst, n.cases[n.other].body, pairs)
}

// value appends a plain {argument}.
func (f *Format) value(dst []byte, name string, v any) ([]byte, error) {
	if f.Ready != nil {
		if s, ok := f.Ready(v); ok {
			return append(dst, s...), nil
		}
	}
	if n, ok := numberOf(v); ok {
		return f.appendNumber(dst, n, styleDefault), nil
	}
	if s, ok := textOf(v); ok {
		return appendIsolated(dst, s, f.RTL), nil
	}
	return dst, fmt.Errorf("argument %q is a %T, neither text nor a number", name, v)
}

// textOf reads text. Types of ours whose kind is string (a status, a scope) count.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case fmt.Stringer:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return r.String(), true
	}
	return "", false
}
