package nps

import (
	"strconv"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// newSurvey is the question, with what was given already and what is wrong with it.
func newSurvey(p *locales.Printer, f form, wrong []portal.FieldError) views.NPSSurvey {
	s := views.NPSSurvey{Comment: views.Field{
		Name: inputComment, Label: p.T("nps.survey.comment"), Help: p.T("nps.survey.comment_help"), Type: "textarea", Rows: 2, MaxLength: maxComment,
		Value: f.comment,
	}}
	for n := range highest + 1 {
		s.Scores = append(s.Scores, views.NPSScore{Value: strconv.Itoa(n), Label: p.Number(int64(n)), Checked: n == f.score})
	}
	for _, e := range wrong {
		switch e.Field {
		case inputScore:
			s.Error = p.T(e.Key)
		case inputComment:
			s.Comment.Error = p.T(e.Key)
		}
	}
	return s
}

func thanks(p *locales.Printer) views.NPSSurvey {
	return views.NPSSurvey{Answered: p.T("nps.thanks.text")}
}
