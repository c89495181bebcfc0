package icu

import (
	"strconv"
	"strings"
)

// Rewrite gives the message's source again with every run of its own words passed through words; arguments, cases and
// numbers stay. Pseudo-languages are made by it.
func (m *Message) Rewrite(words func(string) string) string {
	var b strings.Builder
	if m.nodes == nil {
		writeText(&b, words(m.text), false)
		return b.String()
	}
	writeNodes(&b, m.nodes, words, false)
	return b.String()
}

func writeNodes(b *strings.Builder, nodes []node, words func(string) string, hash bool) {
	for i := range nodes {
		n := &nodes[i]
		switch n.op {
		case opText:
			writeText(b, words(n.text), hash)
		case opHash:
			b.WriteByte('#')
		case opArg:
			b.WriteString("{" + n.arg + "}")
		case opNumber:
			b.WriteString("{" + n.arg + ", number")
			for name, s := range styles {
				if s == n.style {
					b.WriteString(", " + name)
				}
			}
			b.WriteByte('}')
		default:
			writeCases(b, n, words)
		}
	}
}

var opNames = map[op]string{opPlural: "plural", opOrdinal: "selectordinal", opSelect: "select"}

func writeCases(b *strings.Builder, n *node, words func(string) string) {
	b.WriteString("{" + n.arg + ", " + opNames[n.op] + ",")
	if n.offset != 0 {
		b.WriteString(" offset:" + strconv.FormatInt(n.offset, 10))
	}
	for i := range n.cases {
		b.WriteString(" " + n.cases[i].selector + " {")
		writeNodes(b, n.cases[i].body, words, n.op != opSelect)
		b.WriteByte('}')
	}
	b.WriteByte('}')
}

// writeText quotes what would be read as syntax, and doubles every apostrophe so that none of them quotes.
func writeText(b *strings.Builder, s string, hash bool) {
	for _, r := range s {
		switch {
		case r == '\'':
			b.WriteString("''")
		case r == '{' || r == '}' || r == '#' && hash:
			b.WriteString("'" + string(r) + "'")
		default:
			b.WriteRune(r)
		}
	}
}
