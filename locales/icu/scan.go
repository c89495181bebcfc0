package icu

import (
	"strconv"
	"unicode/utf8"
)

// space skips white space.
func (p *parser) space() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// skipTo skips white space and returns where it ended, for errors about the word there.
func (p *parser) skipTo() int {
	p.space()
	return p.pos
}

// take consumes c if it is next.
func (p *parser) take(c byte) bool {
	if p.pos < len(p.src) && p.src[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// name reads an ASCII identifier; hyphens are for the cases of a select.
func (p *parser) name(what string) (string, error) {
	p.space()
	start := p.pos
	for p.pos < len(p.src) && nameByte(p.src[p.pos], p.pos == start) {
		p.pos++
	}
	if p.pos == start {
		return "", p.unexpected(what)
	}
	return p.src[start:p.pos], nil
}

func nameByte(c byte, first bool) bool {
	letter := c == '_' || (c|0x20 >= 'a' && c|0x20 <= 'z')
	return letter || (!first && (c == '-' || (c >= '0' && c <= '9')))
}

func (p *parser) integer() (int64, error) {
	start := p.pos
	p.take('-')
	for p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		p.pos++
	}
	n, err := strconv.ParseInt(p.src[start:p.pos], 10, 64)
	if err != nil {
		p.pos = start
		return 0, p.unexpected("whole number")
	}
	return n, nil
}

// unexpected says what stands where something else should.
func (p *parser) unexpected(wanted string) error {
	if p.pos >= len(p.src) {
		return p.fail(len(p.src), "unexpected end, %s expected", wanted)
	}
	r, _ := utf8.DecodeRuneInString(p.src[p.pos:])
	return p.fail(p.pos, "unexpected %q, %s expected", r, wanted)
}
