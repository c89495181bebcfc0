// Package icu reads ICU MessageFormat and writes messages in a language's own plurals and digits.
//
// It knows named arguments, number (integer, percent, plain), plural and selectordinal (=N, categories, offset, #),
// select, nesting, and quoting by apostrophes. It is stricter than ICU where a translator's slip would otherwise show
// only to readers of one language: a missing "other", a category that the language lacks, a repeated case, a stray
// brace and an open quote are errors.
package icu

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says what values an argument takes.
type Kind uint8

// The kinds. Any takes text and numbers; Number a number; Choice text that a select compares.
const (
	Any Kind = iota
	Number
	Choice
)

func (k Kind) String() string { return [...]string{"any", "number", "choice"}[k] }

// Arg is an argument that a message uses.
type Arg struct {
	Name string
	Kind Kind
}

// Message is a parsed message. Safe for concurrent use.
type Message struct {
	text  string // all of it, when there is nothing to fill in
	nodes []node
	args  []Arg
	cases []Case
}

// Case tells a linter which cases one plural, selectordinal or select has.
type Case struct {
	Arg       string
	Type      string // "plural", "selectordinal" or "select"
	Selectors []string
}

// Static returns the whole text of a message without arguments.
func (m *Message) Static() (string, bool) { return m.text, m.nodes == nil }

// Args lists the message's arguments, sorted by name.
func (m *Message) Args() []Arg { return slices.Clone(m.args) }

// Cases lists the plurals and selects of the message, in the order they are written.
func (m *Message) Cases() []Case { return slices.Clone(m.cases) }

// Literals returns the message's own words without arguments, for linting.
func (m *Message) Literals() string {
	if m.nodes == nil {
		return m.text
	}
	var b strings.Builder
	walkText(&b, m.nodes)
	return b.String()
}

func walkText(b *strings.Builder, nodes []node) {
	for i := range nodes {
		if nodes[i].op == opText {
			b.WriteString(nodes[i].text)
			continue
		}
		b.WriteByte(' ') // so that the words on both sides of an argument stay apart
		for j := range nodes[i].cases {
			walkText(b, nodes[i].cases[j].body)
			b.WriteByte(' ')
		}
	}
}

type op uint8

const (
	opText op = iota
	opArg
	opNumber
	opHash // the # of a plural: its number less its offset
	opPlural
	opOrdinal
	opSelect
)

// node is one piece of a message. Which fields count depends on op.
type node struct {
	op     op
	style  style
	text   string // of opText
	arg    string
	offset int64
	cases  []branch
	other  int // index of the branch "other"
}

type style uint8

const (
	styleDefault style = iota // grouped, at most three decimals
	styleInteger              // grouped, rounded
	stylePercent              // times 100, at most one decimal
	stylePlain                // digits alone: years, codes
)

// branch is one case of a plural or a select.
type branch struct {
	selector string
	exact    int64 // of =N
	isExact  bool
	form     uint8 // plural.Form of a category
	body     []node
}

// Error is a fault in a message's source. Line and Col count from 1, Col in characters.
type Error struct {
	Line, Col int
	Msg       string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }
