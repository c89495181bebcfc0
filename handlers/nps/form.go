package nps

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"ghasi.io/portal/portal"
)

const (
	inputScore   = "score"
	inputComment = "comment"
	highest      = 10
	noScore      = -1
	maxComment   = 500 // characters
)

// form is an answer as it was given.
type form struct {
	score   int // noScore when none was given, or none that there is
	comment string
}

func bind(v url.Values) form {
	f := form{score: noScore, comment: strings.TrimSpace(strings.ReplaceAll(v.Get(inputComment), "\r\n", "\n"))}
	for n := range highest + 1 {
		if v.Get(inputScore) == strconv.Itoa(n) {
			f.score = n
		}
	}
	return f
}

func (f form) validate() []portal.FieldError {
	var wrong []portal.FieldError
	if f.score == noScore {
		wrong = append(wrong, portal.FieldError{Field: inputScore, Key: "nps.survey.no_score"})
	}
	if utf8.RuneCountInString(f.comment) > maxComment {
		wrong = append(wrong, portal.FieldError{Field: inputComment, Key: "field.too_long"})
	}
	return wrong
}
