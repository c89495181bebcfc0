package pdf

import "golang.org/x/text/unicode/bidi"

// maxDepth is UAX #9's limit on nested embeddings.
const maxDepth = 125

// bidiLevels returns the embedding level of each rune of one paragraph by the Unicode Bidirectional Algorithm (UAX #9,
// rules X1 to I2, isolates included). base is 0 or 1, the paragraph's own level. The libraries that run the algorithm
// give directions of runs but not levels, and without levels nested runs cannot be put in visual order.
func bidiLevels(text []rune, base uint8) []uint8 {
	p := &paragraph{text: text, base: base, types: make([]bidi.Class, len(text)), levels: make([]uint8, len(text))}
	plain := base == 0
	for i, r := range text {
		props, _ := bidi.LookupRune(r)
		p.types[i] = props.Class()
		switch p.types[i] {
		case bidi.L, bidi.EN, bidi.ES, bidi.CS, bidi.ET, bidi.WS, bidi.ON:
		default:
			plain = false
		}
	}
	if plain {
		return p.levels
	}
	p.original = append([]bidi.Class(nil), p.types...)
	p.matchIsolates()
	p.explicit()
	for _, seq := range p.sequences() {
		p.resolve(seq)
	}
	p.fillRemoved()
	return p.levels
}

// paragraph is one paragraph under the algorithm.
type paragraph struct {
	text     []rune
	base     uint8
	original []bidi.Class
	types    []bidi.Class // as the rules change them
	levels   []uint8
	match    []int // of an isolate initiator its PDI, of a PDI its initiator; -1 when there is none
}

func isInitiator(c bidi.Class) bool { return c == bidi.LRI || c == bidi.RLI || c == bidi.FSI }

// removed reports whether rule X9 takes the character out.
func removed(c bidi.Class) bool {
	switch c {
	case bidi.RLE, bidi.LRE, bidi.RLO, bidi.LRO, bidi.PDF, bidi.BN:
		return true
	}
	return false
}

// matchIsolates pairs isolate initiators with their PDIs (BD9).
func (p *paragraph) matchIsolates() {
	p.match = make([]int, len(p.text))
	var open []int
	for i, c := range p.types {
		p.match[i] = -1
		switch {
		case isInitiator(c):
			open = append(open, i)
		case c == bidi.PDI && len(open) > 0:
			p.match[i] = open[len(open)-1]
			p.match[p.match[i]] = i
			open = open[:len(open)-1]
		}
	}
}

// embedding is one entry of the directional status stack.
type embedding struct {
	level    uint8
	override bidi.Class // L, R, or ON for neutral
	isolate  bool
}

// explicit applies X1 to X8: explicit levels and overrides.
func (p *paragraph) explicit() {
	s := embeddings{stack: []embedding{{level: p.base, override: bidi.ON}}}
	for i, c := range p.original {
		switch c {
		case bidi.RLE, bidi.LRE, bidi.RLO, bidi.LRO:
			p.levels[i] = s.top().level
			s.embed(c)
		case bidi.RLI, bidi.LRI, bidi.FSI:
			p.set(i, s.top())
			if c == bidi.FSI {
				c = bidi.LRI
				if p.firstStrong(i+1, p.match[i]) == 1 {
					c = bidi.RLI
				}
			}
			s.isolate(c)
		case bidi.PDI:
			s.endIsolate()
			p.set(i, s.top())
		case bidi.PDF:
			p.levels[i] = s.top().level
			s.endEmbedding()
		default:
			p.set(i, s.top())
		}
	}
}

func (p *paragraph) set(i int, e embedding) {
	p.levels[i] = e.level
	if e.override != bidi.ON && !removed(p.original[i]) {
		p.types[i] = e.override
	}
}

// firstStrong applies P2 and P3 between from and to (-1: the end), skipping isolates inside.
func (p *paragraph) firstStrong(from, to int) uint8 {
	if to < 0 {
		to = len(p.text)
	}
	for i := from; i < to; i++ {
		switch c := p.original[i]; {
		case c == bidi.L:
			return 0
		case c == bidi.R || c == bidi.AL:
			return 1
		case isInitiator(c):
			if p.match[i] < 0 {
				return 0
			}
			i = p.match[i]
		}
	}
	return 0
}

// embeddings is the stack of X1 with its overflow counters.
type embeddings struct {
	stack                               []embedding
	overIsolates, overEmbeddings, valid int
}

func (s *embeddings) top() embedding { return s.stack[len(s.stack)-1] }

// next is the least level above the top's of the direction.
func (s *embeddings) next(rtl bool) uint8 {
	level := s.top().level + 1
	if rtl != (level%2 == 1) {
		level++
	}
	return level
}

func (s *embeddings) embed(c bidi.Class) {
	level := s.next(c == bidi.RLE || c == bidi.RLO)
	if level > maxDepth || s.overIsolates > 0 || s.overEmbeddings > 0 {
		if s.overIsolates == 0 {
			s.overEmbeddings++
		}
		return
	}
	e := embedding{level: level, override: bidi.ON}
	switch c {
	case bidi.RLO:
		e.override = bidi.R
	case bidi.LRO:
		e.override = bidi.L
	}
	s.stack = append(s.stack, e)
}

func (s *embeddings) isolate(c bidi.Class) {
	level := s.next(c == bidi.RLI)
	if level > maxDepth || s.overIsolates > 0 || s.overEmbeddings > 0 {
		s.overIsolates++
		return
	}
	s.valid++
	s.stack = append(s.stack, embedding{level: level, override: bidi.ON, isolate: true})
}

func (s *embeddings) endIsolate() {
	switch {
	case s.overIsolates > 0:
		s.overIsolates--
	case s.valid > 0:
		s.overEmbeddings = 0
		for !s.top().isolate {
			s.stack = s.stack[:len(s.stack)-1]
		}
		s.stack = s.stack[:len(s.stack)-1]
		s.valid--
	}
}

func (s *embeddings) endEmbedding() {
	switch {
	case s.overIsolates > 0:
	case s.overEmbeddings > 0:
		s.overEmbeddings--
	case !s.top().isolate && len(s.stack) > 1:
		s.stack = s.stack[:len(s.stack)-1]
	}
}

// fillRemoved gives characters that X9 takes out the level of what stands before them, so that they divide no run.
func (p *paragraph) fillRemoved() {
	level := p.base
	for i, c := range p.original {
		if removed(c) {
			p.levels[i] = level
		}
		level = p.levels[i]
	}
}

// visualOrder applies L2: it returns the indexes of runs with these levels from left to right.
func visualOrder(levels []uint8) []int {
	order := make([]int, len(levels))
	var highest uint8
	for i, l := range levels {
		order[i] = i
		highest = max(highest, l)
	}
	for level := highest; level > 0; level-- {
		for i := 0; i < len(levels); i++ {
			if levels[i] < level {
				continue
			}
			j := i
			for j < len(levels) && levels[j] >= level {
				j++
			}
			for a, b := i, j-1; a < b; a, b = a+1, b-1 {
				order[a], order[b] = order[b], order[a]
			}
			i = j
		}
	}
	return order
}
