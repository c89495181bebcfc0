package icu

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// maxDepth bounds nesting, so that no message can exhaust the stack.
const maxDepth = 16

// Parse reads a message in the language of tag. The error is an *[Error].
func Parse(tag language.Tag, src string) (*Message, error) {
	r, ok := rulesOf(tag)
	if !ok {
		return nil, &Error{1, 1, fmt.Sprintf("no plural categories are known for language %s", tag)}
	}
	if !utf8.ValidString(src) {
		return nil, &Error{1, 1, "not UTF-8"}
	}
	p := &parser{tag: tag, rules: r, src: src, msg: &Message{}}
	nodes, err := p.nodes(0, nil)
	if err != nil {
		return nil, err
	}
	switch {
	case len(nodes) == 0: // an empty message is static
	case len(nodes) == 1 && nodes[0].op == opText:
		p.msg.text = nodes[0].text
	default:
		p.msg.nodes = nodes
	}
	slices.SortFunc(p.msg.args, func(a, b Arg) int { return strings.Compare(a.Name, b.Name) })
	return p.msg, nil
}

type parser struct {
	tag   language.Tag
	rules rules
	src   string
	pos   int
	msg   *Message
}

// fail builds the error of a fault at byte pos.
func (p *parser) fail(pos int, format string, args ...any) error {
	before := p.src[:pos]
	line := 1 + strings.Count(before, "\n")
	col := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &Error{line, col, fmt.Sprintf(format, args...)}
}

// nodes reads until the end of the source (depth 0) or the brace that closes a case. hash is the plural whose # it may
// use, nil outside one: as in ICU, a select inside a plural hides it.
func (p *parser) nodes(depth int, hash *node) ([]node, error) {
	if depth > maxDepth {
		return nil, p.fail(p.pos, "nested more than %d deep", maxDepth)
	}
	var out []node
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out = append(out, node{op: opText, text: text.String()})
			text.Reset()
		}
	}
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '\'':
			if err := p.quote(&text, hash != nil); err != nil {
				return nil, err
			}
		case c == '{':
			flush()
			n, err := p.argument(depth)
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		case c == '}':
			if depth == 0 {
				return nil, p.fail(p.pos, "unexpected '}'")
			}
			flush()
			return out, nil
		case c == '#' && hash != nil:
			flush()
			out = append(out, node{op: opHash, arg: hash.arg, offset: hash.offset})
			p.pos++
		default:
			text.WriteByte(c)
			p.pos++
		}
	}
	if depth > 0 {
		return nil, p.fail(p.pos, "unexpected end, '}' is missing")
	}
	flush()
	return out, nil
}

// quote reads an apostrophe: two are one; one before a brace (or a # that means something) quotes up to the next one;
// any other is itself.
func (p *parser) quote(text *strings.Builder, inPlural bool) error {
	start := p.pos
	p.pos++
	if p.pos == len(p.src) {
		text.WriteByte('\'')
		return nil
	}
	switch c := p.src[p.pos]; {
	case c == '\'':
		text.WriteByte('\'')
		p.pos++
		return nil
	case c == '{' || c == '}' || (c == '#' && inPlural):
	default:
		text.WriteByte('\'')
		return nil
	}
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		p.pos++
		if c != '\'' {
			text.WriteByte(c)
			continue
		}
		if p.pos == len(p.src) || p.src[p.pos] != '\'' {
			return nil
		}
		text.WriteByte('\'')
		p.pos++
	}
	return p.fail(start, "quote is never closed")
}

// argument reads {name}, {name, number, style}, {name, plural, …} and the like.
func (p *parser) argument(depth int) (node, error) {
	open := p.pos
	p.pos++
	n := node{op: opArg}
	var err error
	if n.arg, err = p.name("argument name"); err != nil {
		return n, err
	}
	p.space()
	if p.take('}') {
		return n, p.use(open, n.arg, Any)
	}
	if !p.take(',') {
		return n, p.unexpected("',' or '}'")
	}
	at := p.skipTo()
	kind, err := p.name("argument type")
	if err != nil {
		return n, err
	}
	p.space()
	switch kind {
	case "number":
		return p.number(open, n)
	case "plural", "selectordinal", "select":
		return p.choice(open, n, kind, depth)
	}
	return n, p.fail(at, "unknown type %q of argument %q", kind, n.arg)
}

var styles = map[string]style{"integer": styleInteger, "percent": stylePercent, "plain": stylePlain}

func (p *parser) number(open int, n node) (node, error) {
	n.op = opNumber
	if p.take(',') {
		at := p.skipTo()
		word, err := p.name("number style")
		if err != nil {
			return n, err
		}
		var ok bool
		if n.style, ok = styles[word]; !ok {
			return n, p.fail(at, "unknown number style %q", word)
		}
		p.space()
	}
	if !p.take('}') {
		return n, p.unexpected("'}'")
	}
	return n, p.use(open, n.arg, Number)
}

// choice reads the cases of a plural, selectordinal or select.
func (p *parser) choice(open int, n node, kind string, depth int) (node, error) {
	if !p.take(',') {
		return n, p.unexpected("','")
	}
	use := Number
	switch kind {
	case "plural":
		n.op = opPlural
	case "selectordinal":
		n.op = opOrdinal
	default:
		n.op, use = opSelect, Choice
	}
	if err := p.use(open, n.arg, use); err != nil {
		return n, err
	}
	p.space()
	if use == Number && strings.HasPrefix(p.src[p.pos:], "offset:") {
		p.pos += len("offset:")
		p.space()
		var err error
		if n.offset, err = p.integer(); err != nil {
			return n, err
		}
	}
	index := len(p.msg.cases)
	p.msg.cases = append(p.msg.cases, Case{Arg: n.arg, Type: kind})
	n.other = -1
	for p.space(); !p.take('}'); p.space() {
		b, err := p.branch(&n, depth)
		if err != nil {
			return n, err
		}
		if b.selector == "other" {
			n.other = len(n.cases)
		}
		n.cases = append(n.cases, b)
		p.msg.cases[index].Selectors = append(p.msg.cases[index].Selectors, b.selector)
	}
	if n.other < 0 {
		return n, p.fail(open, "argument %q has no \"other\" case", n.arg)
	}
	return n, nil
}

// branch reads one selector and its {message}.
func (p *parser) branch(n *node, depth int) (branch, error) {
	at := p.pos
	b, err := p.selector(n)
	if err != nil {
		return b, err
	}
	for i := range n.cases {
		if n.cases[i].selector == b.selector {
			return b, p.fail(at, "case %q is there twice", b.selector)
		}
	}
	p.space()
	if !p.take('{') {
		return b, p.unexpected("'{' after case " + strconv.Quote(b.selector))
	}
	hash := n
	if n.op == opSelect {
		hash = nil
	}
	if b.body, err = p.nodes(depth+1, hash); err != nil {
		return b, err
	}
	p.pos++ // the closing brace, which nodes saw
	return b, nil
}

func (p *parser) selector(n *node) (b branch, err error) {
	at := p.pos
	if n.op != opSelect && p.take('=') {
		b.isExact = true
		if b.exact, err = p.integer(); err != nil {
			return b, err
		}
		b.selector = "=" + strconv.FormatInt(b.exact, 10)
		return b, nil
	}
	if b.selector, err = p.name("case"); err != nil || n.op == opSelect {
		return b, err
	}
	known := p.rules.cardinal
	if n.op == opOrdinal {
		known = p.rules.ordinal
	}
	f, ok := known[b.selector]
	if !ok {
		return b, p.fail(at, "language %s has no plural category %q", p.tag, b.selector)
	}
	b.form = uint8(f)
	return b, nil
}

// use records that the message uses an argument as kind. One argument cannot be both a number and a choice.
func (p *parser) use(pos int, name string, kind Kind) error {
	for i := range p.msg.args {
		a := &p.msg.args[i]
		switch {
		case a.Name != name:
			continue
		case a.Kind == Any:
			a.Kind = kind
		case kind != Any && kind != a.Kind:
			return p.fail(pos, "argument %q is both a %s and a %s", name, a.Kind, kind)
		}
		return nil
	}
	p.msg.args = append(p.msg.args, Arg{name, kind})
	return nil
}
