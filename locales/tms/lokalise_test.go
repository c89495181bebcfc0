package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func lokaliseServer(t *testing.T) (*server, *lokalise) {
	t.Helper()
	s := newServer(t, "X-Api-Token", "secret-token")
	l, err := newLokalise(s.URL, "3002780358964f9bab5a92.87762498", "secret-token")
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

const lokaliseProject = "/projects/3002780358964f9bab5a92.87762498"

// processing answers that a process is running, and then that it has ended with status.
func (s *server) processing(id, status, details string) {
	asked := 0
	s.routes["GET "+lokaliseProject+"/processes/"+id] = func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		if asked++; asked == 1 {
			_, _ = fmt.Fprintf(w, `{"process":{"process_id":%q,"type":"file-import","status":"running"}}`, id)
			return
		}
		_, _ = fmt.Fprintf(w, `{"process":{"process_id":%q,"status":%q,"message":"as it went","details":%s}}`, id, status, details)
	}
}

func TestLokalise_Push(t *testing.T) {
	s, l := lokaliseServer(t)
	s.answer("POST "+lokaliseProject+"/files/upload", `{"project_id":"x","process":{"process_id":"up1","status":"queued"}}`)
	s.processing("up1", "finished", "{}")
	s.answer("GET "+lokaliseProject+"/keys", `{"keys":[{"key_id":1,"key_name":{"web":"a.send"},"description":""},{"key_id":2,"key_name":"a.sender","description":"Sender"}]}`)
	s.answer("PUT "+lokaliseProject+"/keys", `{"keys":[]}`)
	s.answer("GET "+lokaliseProject+"/languages", `{"languages":[{"lang_id":640,"lang_iso":"en"},{"lang_id":641,"lang_iso":"fa_AF"},{"lang_id":642,"lang_iso":"ps"}]}`)
	s.answer("GET "+lokaliseProject+"/glossary-terms", `{"data":[{"id":1,"term":"sms"}],"meta":{"count":1}}`)
	s.answer("POST "+lokaliseProject+"/glossary-terms", `{"data":[]}`)
	s.fail = []int{429}
	if _, waits, err := try(t, folderOf(t, small), l, l.api, "push"); err != nil || len(waits) != 2 {
		t.Fatalf("%v, waits %v", err, waits)
	}
	var upload struct {
		Data, Filename string
		LangISO        string `json:"lang_iso"`
		Convert        bool   `json:"convert_placeholders"`
	}
	s.body("POST "+lokaliseProject+"/files/upload", &upload)
	file, err := base64.StdEncoding.DecodeString(upload.Data)
	if err != nil || !strings.Contains(string(file), `"a.send": "Send"`) || upload.LangISO != "en" || upload.Convert {
		t.Errorf("upload %+v: %s, %v", upload, file, err)
	}
	var change struct {
		Keys []struct {
			ID          int `json:"key_id"`
			Description string
		}
	}
	s.body("PUT "+lokaliseProject+"/keys", &change)
	if len(change.Keys) != 2 || change.Keys[0].ID != 1 || change.Keys[0].Description != "Used in views/send.html." {
		t.Errorf("descriptions: %+v", change)
	}
	var added struct {
		Terms []struct {
			Term         string
			Translations []struct {
				LangID      int64 `json:"langId"`
				Translation string
			}
		}
	}
	s.body("POST "+lokaliseProject+"/glossary-terms", &added)
	if len(added.Terms) == 0 || added.Terms[0].Term == "SMS" || len(added.Terms[0].Translations) != 2 || added.Terms[0].Translations[0].LangID != 641 {
		t.Errorf("terms: %+v", added.Terms)
	}
}

func archive(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLokalise_Pull(t *testing.T) {
	s, l := lokaliseServer(t)
	root := folderOf(t, small)
	s.answer("GET "+lokaliseProject, `{"project_id":"x","statistics":{"keys_total":9,"languages":[{"language_iso":"fa_AF","progress":100,"words_to_do":0},`+
		`{"language_iso":"ps","progress":100},{"language_iso":"ar","progress":40}]}}`)
	files := map[string]string{
		"fa_AF": `{"a.keys":"{n, plural, other {# کلید}}","a.send":"فرستادن","a.sender":"نام فرستنده"}`,
		"ps":    `{"a.keys":"{n, plural, one {# کیلي} other {# کیلۍ}}","a.send":"استول","a.sender":"د استوونکي نوم"}`,
		"ar":    `{"a.send":"إرسال","a.sender":"","a.old":"قديم"}`,
	}
	s.routes["POST "+lokaliseProject+"/files/async-download"] = func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		var in struct {
			Langs []string `json:"filter_langs"`
			Data  []string `json:"filter_data"`
		}
		s.body("POST "+lokaliseProject+"/files/async-download", &in)
		if len(in.Langs) != 1 || len(in.Data) != 1 || in.Data[0] != "reviewed" {
			t.Errorf("export of %+v", in)
		}
		s.processing("down-"+in.Langs[0], "finished", fmt.Sprintf(`{"download_url":"%s/download/%s.zip"}`, s.URL, in.Langs[0]))
		_, _ = fmt.Fprintf(w, `{"process_id":"down-%s"}`, in.Langs[0])
	}
	for tag, file := range files {
		s.answer("GET /download/"+tag+".zip", archive(t, "locale/"+tag+".json", file))
	}
	out, _, err := try(t, root, l, l.api, "pull")
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, root)["fa-AF"]["a.send"]; got != "فرستادن" {
		t.Errorf("Dari is %q", got)
	}
	if !strings.Contains(out, "| fa-AF | 100 % | 100 % | 95 % |") || !strings.Contains(out, "| ar | 40 % | 33 % | – |") {
		t.Errorf("it says %s", out)
	}
}

func TestLokalise_Faults(t *testing.T) {
	s, l := lokaliseServer(t)
	s.answer("POST "+lokaliseProject+"/files/async-download", `{"process_id":"p"}`)
	s.processing("p", "cancelled", "{}")
	_, _, _ = try(t, "", l, l.api, "none") // no waiting
	if _, err := l.Pull(t.Context(), "ps"); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("an export that was cancelled: %v", err)
	}
	s.answer("GET "+lokaliseProject+"/processes/p", `{"process":{"process_id":"p","status":"queued"}}`)
	if _, err := l.Pull(t.Context(), "ps"); err == nil || !strings.Contains(err.Error(), "is not ready") {
		t.Errorf("an export that never ends: %v", err)
	}
	if _, err := fromArchive([]byte("no archive"), "ps.json"); err == nil {
		t.Error("no archive is read")
	}
	if texts, err := fromArchive([]byte(archive(t, "../../ps.json", `{"a.b":"c"}`)), "ps.json"); err != nil || texts["a.b"] != "c" {
		t.Errorf("a path that climbs: %v, %v", texts, err)
	}
	if texts, err := fromArchive([]byte(archive(t, "ar.json", `{}`)), "ps.json"); err != nil || len(texts) != 0 {
		t.Errorf("an archive without the language: %v, %v", texts, err)
	}
	if _, err := newLokalise("", "../x", "t"); err == nil {
		t.Error("a project id that is a path is taken")
	}
}
