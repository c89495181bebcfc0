package pdf

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// sequence is an isolating run sequence (BD13): the characters that the rules W and N see as one text.
type sequence struct {
	index    []int
	types    []bidi.Class
	level    uint8
	sos, eos bidi.Class
}

// direction is the strong type of a level.
func direction(level uint8) bidi.Class {
	if level%2 == 1 {
		return bidi.R
	}
	return bidi.L
}

// sequences applies X10.
func (p *paragraph) sequences() []*sequence {
	var kept []int
	for i, c := range p.original {
		if !removed(c) {
			kept = append(kept, i)
		}
	}
	var runs [][]int
	runAt := map[int]int{} // of a run's first character
	for from := 0; from < len(kept); {
		to := from + 1
		for to < len(kept) && p.levels[kept[to]] == p.levels[kept[from]] {
			to++
		}
		runAt[kept[from]] = len(runs)
		runs = append(runs, kept[from:to])
		from = to
	}
	position := make([]int, len(p.text))
	for k, i := range kept {
		position[i] = k
	}
	var list []*sequence
	for _, run := range runs {
		if first := run[0]; p.original[first] == bidi.PDI && p.match[first] >= 0 {
			continue // belongs to the sequence of its initiator
		}
		s := &sequence{level: p.levels[run[0]]}
		for {
			s.index = append(s.index, run...)
			last := run[len(run)-1]
			if !isInitiator(p.original[last]) || p.match[last] < 0 {
				break
			}
			run = runs[runAt[p.match[last]]]
		}
		p.border(s, kept, position)
		list = append(list, s)
	}
	return list
}

// border sets the types that stand for what is before and after the sequence.
func (p *paragraph) border(s *sequence, kept, position []int) {
	first, last := s.index[0], s.index[len(s.index)-1]
	before, after := p.base, p.base
	if k := position[first]; k > 0 {
		before = p.levels[kept[k-1]]
	}
	if k := position[last]; k+1 < len(kept) && !isInitiator(p.original[last]) {
		after = p.levels[kept[k+1]]
	}
	s.sos, s.eos = direction(max(s.level, before)), direction(max(s.level, after))
}

// resolve applies W1 to I2 to one sequence.
func (p *paragraph) resolve(s *sequence) {
	s.types = make([]bidi.Class, len(s.index))
	for k, i := range s.index {
		s.types[k] = p.types[i]
	}
	s.weak()
	p.brackets(s)
	s.neutral()
	for k, i := range s.index {
		switch c := s.types[k]; {
		case s.level%2 == 0 && c == bidi.R:
			p.levels[i] = s.level + 1
		case s.level%2 == 0 && (c == bidi.AN || c == bidi.EN):
			p.levels[i] = s.level + 2
		case s.level%2 == 1 && (c == bidi.L || c == bidi.AN || c == bidi.EN):
			p.levels[i] = s.level + 1
		default:
			p.levels[i] = s.level
		}
	}
}

// weak applies W1 to W7.
func (s *sequence) weak() {
	t := s.types
	before, strong := s.sos, s.sos
	for k, c := range t { // W1 to W3
		if c == bidi.NSM {
			c = before
			if isInitiator(c) || c == bidi.PDI {
				c = bidi.ON
			}
		}
		before = c
		switch c {
		case bidi.L, bidi.R:
			strong = c
		case bidi.AL:
			strong, c = c, bidi.R
		case bidi.EN:
			if strong == bidi.AL {
				c, before = bidi.AN, bidi.AN
			}
		}
		t[k] = c
	}
	for k := 1; k+1 < len(t); k++ { // W4
		a, b := t[k-1], t[k+1]
		if a == b && (t[k] == bidi.ES && a == bidi.EN || t[k] == bidi.CS && (a == bidi.EN || a == bidi.AN)) {
			t[k] = a
		}
	}
	for k := 0; k < len(t); k++ { // W5
		if t[k] != bidi.ET {
			continue
		}
		j := k
		for j < len(t) && t[j] == bidi.ET {
			j++
		}
		if k > 0 && t[k-1] == bidi.EN || j < len(t) && t[j] == bidi.EN {
			fill(t[k:j], bidi.EN)
		}
		k = j - 1
	}
	strong = s.sos
	for k, c := range t { // W6 and W7
		switch c {
		case bidi.ES, bidi.ET, bidi.CS:
			t[k] = bidi.ON
		case bidi.L, bidi.R:
			strong = c
		case bidi.EN:
			if strong == bidi.L {
				t[k] = bidi.L
			}
		}
	}
}

func fill(t []bidi.Class, c bidi.Class) {
	for i := range t {
		t[i] = c
	}
}

// strength is the direction that N0 to N2 see in a type: L, R, or ON for none.
func strength(c bidi.Class) bidi.Class {
	switch c {
	case bidi.L:
		return bidi.L
	case bidi.R, bidi.AL, bidi.EN, bidi.AN:
		return bidi.R
	}
	return bidi.ON
}

// brackets applies N0.
func (p *paragraph) brackets(s *sequence) {
	own := direction(s.level)
	for _, pair := range p.bracketPairs(s) {
		inside := bidi.ON
		for _, c := range s.types[pair[0]+1 : pair[1]] {
			if c = strength(c); c == own {
				inside = own
				break
			} else if c != bidi.ON {
				inside = c
			}
		}
		if inside == bidi.ON {
			continue
		}
		if inside != own && s.strongBefore(pair[0]) != inside {
			inside = own
		}
		for _, k := range pair {
			s.types[k] = inside
			for j := k + 1; j < len(s.types) && p.original[s.index[j]] == bidi.NSM; j++ {
				s.types[j] = inside
			}
		}
	}
}

func (s *sequence) strongBefore(k int) bidi.Class {
	for k--; k >= 0; k-- {
		if c := strength(s.types[k]); c != bidi.ON {
			return c
		}
	}
	return s.sos
}

// bracketPairs finds the pairs of BD16, by their opening brackets.
func (p *paragraph) bracketPairs(s *sequence) (pairs [][2]int) {
	const depth = 63
	type opening struct {
		bracket rune
		at      int
	}
	var open []opening
	for k, i := range s.index {
		if s.types[k] != bidi.ON {
			continue
		}
		r := p.text[i]
		props, _ := bidi.LookupRune(r)
		switch {
		case !props.IsBracket():
		case props.IsOpeningBracket():
			if len(open) == depth {
				return nil // as BD16 has it: none at all
			}
			open = append(open, opening{canonical(r), k})
		default:
			for n, want := len(open)-1, canonical(openingOf(r)); n >= 0; n-- {
				if open[n].bracket == want {
					pairs = append(pairs, [2]int{open[n].at, k})
					open = open[:n]
					break
				}
			}
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int) int { return a[0] - b[0] })
	return pairs
}

// openingOf returns the bracket that r closes. Unicode puts nearly all of them side by side.
func openingOf(r rune) rune {
	switch r {
	case ']', '}', '］', '｝':
		return r - 2
	case '⦎':
		return '⦏'
	case '⦐':
		return '⦍'
	}
	return r - 1
}

// canonical folds the brackets that are canonically equivalent.
func canonical(r rune) rune {
	if r == '\u2329' {
		return '\u3008'
	}
	return r
}

// neutral applies N1 and N2.
func (s *sequence) neutral() {
	t := s.types
	for k := 0; k < len(t); k++ {
		if strength(t[k]) != bidi.ON {
			continue
		}
		j := k
		for j < len(t) && strength(t[j]) == bidi.ON {
			j++
		}
		before, after := s.sos, s.eos
		if k > 0 {
			before = strength(t[k-1])
		}
		if j < len(t) {
			after = strength(t[j])
		}
		c := direction(s.level)
		if before == after {
			c = before
		}
		fill(t[k:j], c)
		k = j - 1
	}
}
