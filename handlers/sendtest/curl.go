package sendtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"ghasi.io/portal/portal"
)

// What the command shows in the place of what isn't typed yet: a number of the simulated carrier, and plain words.
var sample = portal.NewMessage{To: "+93700000001", From: "Ghasi", Body: "Hello from Ghasi"}

// curl is the command that sends m, ready for a POSIX shell.
func curl(apiURL string, m portal.NewMessage) string {
	m = portal.NewMessage{To: cmp.Or(m.To, sample.To), From: cmp.Or(m.From, sample.From), Body: cmp.Or(m.Body, sample.Body)}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // it is shown in a <pre>, where the template escapes it
	if err := enc.Encode(m); err != nil {
		return "" // three strings always encode
	}
	return "curl " + quoted(apiURL+"/v1/messages") + " \\\n" +
		"  -H " + quoted("Authorization: Bearer YOUR_API_KEY") + " \\\n" +
		"  -H " + quoted("Content-Type: application/json") + " \\\n" +
		"  -d " + quoted(strings.TrimSuffix(body.String(), "\n"))
}

// quoted is s as one word for a shell, whatever is in it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
