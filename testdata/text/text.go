// Package text holds what TestTextFaults_FindsPlantedFaults looks for; nothing imports it.
package text

import (
	"fmt"

	"ghasi.io/portal/locales"
)

func planted(l *locales.Locale, name string) []any {
	fine := l.T("action.cancel")
	var dash locales.Text = "–"
	return []any{fine, dash, locales.Verbatim(name),
		fine + dash,
		locales.Text(name),
		fmt.Sprintf("%s: %s", name, fine),
		fmt.Sprint(fine),
		locales.Text("Cancel"),
		func() any { fine += dash; return fine },
		struct{ Label locales.Text }{"Cancel"},
	}
}

var _ = planted
