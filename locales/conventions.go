package locales

import (
	"golang.org/x/text/language"

	"ghasi.io/portal/locales/icu"
)

// conventions are what a language does its own way, apart from words.
type conventions struct {
	numerals icu.Numerals
	afn, usd sign
	mark     string // a bidi mark before the amount; may be empty
	comma    string // between a date and a time
	shamsi   bool   // the Solar Hijri calendar unless the person chose another
	months   calendarNames
	weekdays [7]string // from Sunday, as time.Weekday counts
}

// calendarNames are the names of the twelve months in both calendars. gregorianShort is empty where months are not shortened.
type calendarNames struct{ gregorian, gregorianShort, shamsi [12]string }

const nbsp = "\u00a0"

var (
	latin = icu.Numerals{Zero: '0', Group: ",", Decimal: ".", Percent: "%", Minus: "-"}
	// Arabic is written in Latin digits, as CLDR has done since version 42. For Arabic-Indic ones it takes
	// Zero '٠', Group "٬", Decimal "٫", Percent "٪\u061c", Minus "\u061c-".
	arabic = icu.Numerals{Zero: '0', Group: ",", Decimal: ".", Percent: "\u200e%\u200e", Minus: "\u200e-"}
	dari   = icu.Numerals{Zero: '۰', Group: "٬", Decimal: "٫", Percent: "٪", Minus: "\u200e\u2212"}
	pashto = icu.Numerals{Zero: '۰', Group: "٬", Decimal: "٫", Percent: "٪", Minus: "\u200e-\u200e"}
)

// newLocale returns the language of one of Tags without any messages.
func newLocale(tag string) *Locale {
	l := &Locale{Tag: tag, Dir: "rtl", messages: map[string]message{}}
	plurals := language.Make(tag)
	switch tag {
	case "en":
		l.Name, l.Dir = "English", "ltr"
		l.conventions = conventions{numerals: latin, afn: sign{AFN + nbsp, false}, usd: sign{USD + nbsp, false}, comma: ", ",
			months: englishMonths, weekdays: englishWeekdays}
	case "fa-AF":
		l.Name = "دری"
		plurals = language.Persian // x/text has no rules for prs, and takes Latin digits to come with fa-AF
		l.conventions = conventions{numerals: dari, afn: sign{"؋" + nbsp, false}, usd: sign{nbsp + "دالر", true}, comma: "، ", shamsi: true,
			months: dariMonths, weekdays: dariWeekdays}
	case "ps":
		l.Name = "پښتو"
		l.conventions = conventions{numerals: pashto, afn: sign{"؋" + nbsp, false}, usd: sign{nbsp + "ډالر", true}, comma: "، ", shamsi: true,
			months: pashtoMonths, weekdays: pashtoWeekdays}
	case "ar":
		l.Name = "العربية"
		// The mark keeps the Latin digits and letters from being read as one run from the left.
		l.conventions = conventions{numerals: arabic, afn: sign{nbsp + AFN, true}, usd: sign{nbsp + USD, true}, mark: "\u200f", comma: "، ",
			months: arabicMonths, weekdays: arabicWeekdays}
	}
	l.format = icu.Format{Tag: plurals, Numerals: l.numerals, RTL: l.Dir == "rtl", Ready: ready}
	return l
}
