// Package views turns typed page structs into HTML. A page is a struct (MessageListPage), a handle that ties it to its
// template (MessageList), and views/templates/<noun>/<page>.html. Templates never compute: they show their own data.
package views

import (
	"errors"
	"fmt"
	"html/template"
	"io"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/static"
)

// Text is text in the user's language; see [locales.Text].
type Text = locales.Text

// Page is the typed handle of a full page: its template and the struct that fills it. T embeds [Base].
type Page[T any] struct{ *handle }

// Fragment is the typed handle of a partial that htmx swaps in; full pages include the same partial.
type Fragment[T any] struct{ *handle }

// page declares a full page: templates/<name>.html, whose {{define "main"}} fills the frame.
func page[T any](name string) Page[T] { return Page[T]{register[T](name, framed)} }

// barePage declares a page in the plain frame (centred card, no navigation): sign-in, errors when nobody is signed in.
func barePage[T any](name string) Page[T] { return Page[T]{register[T](name, bare)} }

// fragment declares a fragment: {{define "<name>"}} in templates/<name>.html, its file name starting with "_".
func fragment[T any](name string) Fragment[T] { return Fragment[T]{register[T](name, partial)} }

type kind int

const (
	framed  kind = iota // inside sidebar and top bar
	bare                // a card alone
	partial             // no frame
)

// handle is one entry of the registry. Its index finds the parsed template of each language.
type handle struct {
	index int
	name  string
	kind  kind
	zero  func() any // a new *T
}

// registry holds every handle in the order of declaration: [New] and the tests loop over it, so nothing is forgotten.
var registry []*handle

func register[T any](name string, k kind) *handle {
	h := &handle{index: len(registry), name: name, kind: k, zero: func() any { return new(T) }}
	registry = append(registry, h)
	return h
}

// base is what the frame needs of a page; every struct that embeds Base has it.
type base interface{ frame() *Base }

func (b *Base) frame() *Base { return b }

// Renderer holds every template, parsed once per language. Safe for concurrent use.
type Renderer struct{ sets map[string]*set }

// set is one language. The frame is two templates, before and after the page, so that it is escaped once for all pages
// and a page adds nothing to it at run time.
type set struct {
	before, after map[kind]*template.Template
	content       []*template.Template // by handle.index
}

// New parses every template in every language and checks it against its struct, in the first. A template that does not
// fit is an error. That the other languages fit is held by the tests: checking them takes as long as the rest of the start.
func New(b *locales.Bundle) (*Renderer, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	src, err := parseAll(templates)
	if err != nil {
		return nil, err
	}
	r := &Renderer{sets: map[string]*set{}}
	var problems []error
	for _, tag := range locales.Tags {
		s, err := src.compile(b, tag, assets)
		if err != nil {
			problems = append(problems, fmt.Errorf("templates in %s: %w", tag, err))
			continue
		}
		r.sets[tag] = s
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return r, r.check(locales.Tags[:1])
}

// Render writes a full page in the language of locale. Give it a buffer: after an error w holds half a page.
func Render[T any](r *Renderer, w io.Writer, locale string, p Page[T], data *T) error {
	return r.page(w, locale, p.handle, data)
}

// RenderFragment writes one fragment.
func RenderFragment[T any](r *Renderer, w io.Writer, locale string, f Fragment[T], data *T) error {
	return r.set(locale).content[f.index].Execute(w, data)
}

func (r *Renderer) page(w io.Writer, locale string, h *handle, data any) error {
	b, ok := data.(base)
	if !ok {
		return fmt.Errorf("page %s: %T does not embed Base", h.name, data)
	}
	s := r.set(locale)
	if err := s.before[h.kind].Execute(w, b.frame()); err != nil {
		return err
	}
	if err := s.content[h.index].Execute(w, data); err != nil {
		return err
	}
	return s.after[h.kind].Execute(w, b.frame())
}

func (r *Renderer) set(locale string) *set {
	if s, ok := r.sets[locale]; ok {
		return s
	}
	return r.sets[locales.Tags[0]]
}
