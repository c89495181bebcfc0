package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func crowdinServer(t *testing.T) (*server, *crowdin) {
	t.Helper()
	s := newServer(t, "Authorization", "Bearer secret-token")
	c, err := newCrowdin(s.URL, "17", "3", "secret-token")
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestCrowdin_Push(t *testing.T) {
	s, c := crowdinServer(t)
	s.routes["POST /storages"] = func(w http.ResponseWriter, r *http.Request, body []byte) {
		if r.Header.Get("Crowdin-API-FileName") != "messages.json" || !strings.Contains(string(body), `"a.send": "Send"`) {
			t.Errorf("upload %v: %s", r.Header, body)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"data":{"id":61,"fileName":"messages.json"}}`)
	}
	s.answer("GET /projects/17/files", `{"data":[{"data":{"id":4,"name":"other.json"}},{"data":{"id":5,"name":"messages.json"}}],"pagination":{"offset":0,"limit":500}}`)
	s.answer("PUT /projects/17/files/5", `{"data":{"id":5,"name":"messages.json"}}`)
	s.answer("GET /projects/17/strings", `{"data":[{"data":{"id":81,"identifier":"a.send","context":"old"}},{"data":{"id":82,"identifier":"a.gone","context":""}}]}`)
	s.answer("PATCH /projects/17/strings", `{"data":[]}`)
	// One page is full, so that a second one must be asked for.
	s.routes["GET /glossaries/3/terms"] = func(w http.ResponseWriter, r *http.Request, _ []byte) {
		item := `{"data":{"id":1,"languageId":"en","text":"something else","conceptId":9}},`
		if r.URL.Query().Get("offset") == "500" {
			_, _ = io.WriteString(w, `{"data":[{"data":{"id":2,"languageId":"en","text":"SMS","conceptId":70}}]}`)
			return
		}
		_, _ = io.WriteString(w, `{"data":[`+strings.TrimSuffix(strings.Repeat(item, crowdinPage), ",")+`]}`)
	}
	s.answer("POST /glossaries/3/terms", `{"data":{"id":99,"languageId":"en","text":"x","conceptId":71}}`)
	s.fail = []int{429, 503}

	out, waits, err := try(t, folderOf(t, small), c, c.api, "push")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out, "3 messages in 4 languages") || !strings.Contains(out, "pushed 3 messages") {
		t.Errorf("it says %q", out)
	}
	if len(waits) != 2 || waits[0] != 7*time.Second {
		t.Errorf("it waits %v after 429 with Retry-After 7, and a 503", waits)
	}
	var file struct{ StorageID int }
	if s.body("PUT /projects/17/files/5", &file); file.StorageID != 61 {
		t.Errorf("the file is updated from storage %d", file.StorageID)
	}
	var patches []struct{ Op, Path, Value string }
	s.body("PATCH /projects/17/strings", &patches)
	if len(patches) != 1 || patches[0].Path != "/81/context" || patches[0].Value != "Used in views/send.html." {
		t.Errorf("contexts: %+v", patches)
	}
	posts := strings.Count(strings.Join(s.calls, "\n"), "POST /glossaries/3/terms")
	if posts != terms()-1 { // SMS is there in English
		t.Errorf("%d terms are added, want %d", posts, terms()-1)
	}
}

func TestCrowdin_FirstPush(t *testing.T) {
	s, c := crowdinServer(t)
	s.answer("POST /storages", `{"data":{"id":61}}`)
	s.answer("GET /projects/17/files", `{"data":[]}`)
	s.answer("POST /projects/17/files", `{"data":{"id":5}}`)
	s.answer("GET /projects/17/strings", `{"data":[]}`)
	if err := c.Push(t.Context(), []Source{{Key: "a.send", Text: "Send"}}); err != nil {
		t.Fatal(err)
	}
	var file struct{ StorageID int }
	if s.body("POST /projects/17/files", &file); file.StorageID != 61 {
		t.Errorf("the file is made from storage %d", file.StorageID)
	}
}

// exports lets the stand-in export a file for each language.
func (s *server) exports(files map[string]string) {
	s.answer("GET /projects/17/files", `{"data":[{"data":{"id":5,"name":"messages.json"}}]}`)
	s.routes["POST /projects/17/translations/exports"] = func(w http.ResponseWriter, _ *http.Request, body []byte) {
		var in struct {
			TargetLanguageID   string `json:"targetLanguageId"`
			ExportApprovedOnly bool   `json:"exportApprovedOnly"`
		}
		s.body("POST /projects/17/translations/exports", &in)
		if !in.ExportApprovedOnly {
			s.t.Errorf("what is not approved is exported too: %s", body)
		}
		_, _ = fmt.Fprintf(w, `{"data":{"url":"%s/download/%s","expireIn":"2026-11-24T10:00:00+00:00"}}`, s.URL, in.TargetLanguageID)
	}
	for tag, file := range files {
		s.answer("GET /download/"+tag, file)
	}
}

func progressOf(fa, ps int) string {
	return fmt.Sprintf(`{"data":[{"data":{"languageId":"fa-AF","translationProgress":100,"approvalProgress":%d}},`+
		`{"data":{"languageId":"ps","translationProgress":100,"approvalProgress":%d}},`+
		`{"data":{"languageId":"ar","translationProgress":80,"approvalProgress":10}}]}`, fa, ps)
}

func TestCrowdin_Pull(t *testing.T) {
	s, c := crowdinServer(t)
	root := folderOf(t, small)
	s.answer("GET /projects/17/languages/progress", progressOf(95, 100))
	s.exports(map[string]string{
		"fa-AF": `{"a.send":"فرستادن","a.unknown":"؟","a.sender":""}`, "ps": `{"a.send":"استول"}`, "ar": `{}`,
	})
	out, _, err := try(t, root, c, c.api, "pull")
	if err != nil {
		t.Fatal(err)
	}
	all := mustRead(t, root)
	if all["fa-AF"]["a.send"] != "فرستادن" || all["fa-AF"]["a.sender"] != "نام فرستنده" || len(all["fa-AF"]) != 3 {
		t.Errorf("Dari is %v", all["fa-AF"])
	}
	if !strings.Contains(out, "fa-AF: 1 messages changed") || !strings.Contains(out, "ps: 0 messages changed") {
		t.Errorf("it says %q", out)
	}
}

func TestCrowdin_PullRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		progress string
		fa       string
		want     string
	}{
		"too little is approved": {progressOf(94, 100), `{}`, "fa-AF: 94 % approved, a release needs 95 %"},
		"a broken message":       {progressOf(100, 100), `{"a.keys":"{n, plural, other {# کلید}"}`, "unexpected end"},
		"another argument":       {progressOf(100, 100), `{"a.keys":"{m} کلید"}`, "has arguments"},
		"a term of its own":      {progressOf(100, 100), `{"a.sender":"شناسه فرستنده"}`, "does not call"},
		"no catalogue":           {progressOf(100, 100), `[1]`, "no catalogue"},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := crowdinServer(t)
			root := folderOf(t, small)
			s.answer("GET /projects/17/languages/progress", tt.progress)
			s.exports(map[string]string{"fa-AF": tt.fa, "ps": `{"a.send":"ولېږه"}`, "ar": `{}`})
			_, _, err := try(t, root, c, c.api, "pull")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			if got := mustRead(t, root)["ps"]["a.send"]; got != "استول" {
				t.Errorf("Pashto was written all the same: %q", got)
			}
		})
	}
}

func TestCrowdin_Faults(t *testing.T) {
	s, c := crowdinServer(t)
	c.header.Set("Authorization", "Bearer wrong")
	_, waits, err := try(t, folderOf(t, small), c, c.api, "coverage")
	if !isStatus(err, http.StatusUnauthorized) || len(waits) > 0 {
		t.Errorf("a wrong token: %v, waits %v", err, waits)
	}
	if err != nil && strings.Contains(err.Error(), "wrong") {
		t.Errorf("the token is in the error: %v", err)
	}
	c.header.Set("Authorization", "Bearer secret-token")
	s.fail = []int{500, 500, 500, 500, 500}
	if _, waits, err = try(t, folderOf(t, small), c, c.api, "coverage"); !isStatus(err, 500) || len(waits) != tries-1 {
		t.Errorf("a service that is down: %v after %d waits", err, len(waits))
	}
	s.answer("GET /projects/17/languages/progress", `<html>`)
	if _, _, err = try(t, folderOf(t, small), c, c.api, "coverage"); err == nil || !strings.Contains(err.Error(), "unreadable") {
		t.Errorf("an answer that is no JSON: %v", err)
	}
	if _, err := c.download(t.Context(), "http://198.51.100.1/x"); err == nil || !strings.Contains(err.Error(), "https") {
		t.Errorf("a link to elsewhere without TLS: %v", err)
	}
	if _, err := newCrowdin("http://crowdin.example", "17", "", "t"); err == nil {
		t.Error("a service without TLS is taken")
	}
	if _, err := newCrowdin("", "../17", "", "t"); err == nil {
		t.Error("a project id that is a path is taken")
	}
}
