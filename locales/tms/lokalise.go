package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"ghasi.io/portal/locales"
)

// lokalise is Lokalise's API 2.
type lokalise struct {
	*api

	project string
}

const (
	lokaliseURL  = "https://api.lokalise.com/api2"
	lokaliseFile = "messages.json"
	lokalisePage = 500
	lokalisePace = time.Second / 6 // the documented limit: six calls a second and token
)

var lokaliseID = regexp.MustCompile(`^[A-Za-z0-9.:_-]+$`)

func newLokalise(base, project, token string) (*lokalise, error) {
	if base == "" {
		base = lokaliseURL
	}
	if !lokaliseID.MatchString(project) {
		return nil, usageError("not a project's id at Lokalise: " + project)
	}
	a, err := newAPI(base, http.Header{"X-Api-Token": {token}}, lokalisePace)
	return &lokalise{api: a, project: "/projects/" + url.PathEscape(project)}, err
}

// Lokalise writes languages with an underscore.
func lokaliseTag(tag string) string { return strings.ReplaceAll(tag, "-", "_") }

// process is work that Lokalise does in the background.
type process struct {
	ID      string `json:"process_id"`
	Status  string `json:"status"` // queued, …, finished, cancelled, failed
	Message string `json:"message"`
	Details struct {
		DownloadURL string `json:"download_url"`
	} `json:"details"`
}

func (l *lokalise) wait(ctx context.Context, what, id string) (process, error) {
	var answer struct {
		Process process `json:"process"`
	}
	err := l.poll(ctx, what, func() (bool, error) {
		if err := l.json(ctx, http.MethodGet, l.project+"/processes/"+url.PathEscape(id), nil, &answer); err != nil {
			return false, err
		}
		switch answer.Process.Status {
		case "finished":
			return true, nil
		case "cancelled", "failed":
			return false, fmt.Errorf("%s: %s: %.200s", what, answer.Process.Status, answer.Process.Message)
		}
		return false, nil
	})
	return answer.Process, err
}

// Push uploads the file and then each key's description.
func (l *lokalise) Push(ctx context.Context, source []Source) error {
	texts := map[string]string{}
	for _, s := range source {
		texts[s.Key] = s.Text
	}
	file, err := encode(texts)
	if err != nil {
		return err
	}
	body := map[string]any{
		"data": base64.StdEncoding.EncodeToString(file), "filename": lokaliseFile, "lang_iso": locales.Tags[0],
		"replace_modified": true, "convert_placeholders": false, "detect_icu_plurals": false, "cleanup_mode": true,
		"distinguish_by_file": false, "skip_detect_lang_iso": true, "queue": true,
	}
	var answer struct {
		Process process `json:"process"`
	}
	if err := l.json(ctx, http.MethodPost, l.project+"/files/upload", body, &answer); err != nil {
		return err
	}
	if _, err := l.wait(ctx, "the upload", answer.Process.ID); err != nil {
		return err
	}
	return l.describe(ctx, source)
}

type lokaliseKey struct {
	ID          int64  `json:"key_id"`
	Name        any    `json:"key_name,omitempty"` // a string, or one for each platform
	Description string `json:"description"`
}

func (k *lokaliseKey) name() string {
	switch name := k.Name.(type) {
	case string:
		return name
	case map[string]any:
		s, _ := name["web"].(string)
		return s
	}
	return ""
}

func (l *lokalise) describe(ctx context.Context, source []Source) error {
	want := map[string]string{}
	for _, s := range source {
		want[s.Key] = s.Context
	}
	var change []lokaliseKey
	for page := 1; ; page++ {
		var answer struct {
			Keys []lokaliseKey `json:"keys"`
		}
		at := fmt.Sprintf("%s/keys?limit=%d&page=%d", l.project, lokalisePage, page)
		if err := l.json(ctx, http.MethodGet, at, nil, &answer); err != nil {
			return err
		}
		for _, k := range answer.Keys {
			if note, ok := want[k.name()]; ok && note != k.Description {
				change = append(change, lokaliseKey{ID: k.ID, Description: note})
			}
		}
		if len(answer.Keys) < lokalisePage {
			break
		}
	}
	for batch := range slices.Chunk(change, lokalisePage) {
		if err := l.json(ctx, http.MethodPut, l.project+"/keys", map[string]any{"keys": batch}, nil); err != nil {
			return err
		}
	}
	return nil
}

// PushGlossary adds the terms that the project lacks.
func (l *lokalise) PushGlossary(ctx context.Context, terms []locales.Term) error {
	languages, err := l.languages(ctx)
	if err != nil {
		return err
	}
	var known struct {
		Data []struct {
			Term string `json:"term"`
		} `json:"data"`
	}
	if err := l.json(ctx, http.MethodGet, l.project+"/glossary-terms?limit=500", nil, &known); err != nil {
		return err
	}
	type translation struct {
		LangID      int64  `json:"langId"`
		Translation string `json:"translation"`
		Description string `json:"description"`
	}
	var add []map[string]any
	for _, t := range terms {
		if slices.ContainsFunc(known.Data, func(k struct {
			Term string `json:"term"`
		}) bool {
			return strings.EqualFold(k.Term, t.Term)
		}) {
			continue
		}
		var translations []translation
		for _, tag := range targets {
			if id, ok := languages[tag]; ok && len(t.Use[tag]) > 0 {
				translations = append(translations, translation{id, t.Use[tag][0], strings.Join(t.Use[tag][1:], ", ")})
			}
		}
		add = append(add, map[string]any{
			"term": t.Term, "description": t.Note, "caseSensitive": false, "translatable": true, "forbidden": false,
			"translations": translations,
		})
	}
	for batch := range slices.Chunk(add, 100) {
		if err := l.json(ctx, http.MethodPost, l.project+"/glossary-terms", map[string]any{"terms": batch}, nil); err != nil {
			return err
		}
	}
	return nil
}

// languages gives the project's languages by our tags.
func (l *lokalise) languages(ctx context.Context) (map[string]int64, error) {
	var answer struct {
		Languages []struct {
			ID  int64  `json:"lang_id"`
			ISO string `json:"lang_iso"`
		} `json:"languages"`
	}
	if err := l.json(ctx, http.MethodGet, l.project+"/languages?limit=100", nil, &answer); err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, language := range answer.Languages {
		out[strings.ReplaceAll(language.ISO, "_", "-")] = language.ID
	}
	return out, nil
}

// Pull exports one language, reviewed strings alone.
func (l *lokalise) Pull(ctx context.Context, tag string) (map[string]string, error) {
	body := map[string]any{
		"format": "json", "original_filenames": false, "bundle_structure": "%LANG_ISO%.json", "filter_langs": []string{lokaliseTag(tag)},
		"filter_data": []string{"reviewed"}, "export_empty_as": "skip", "placeholder_format": "icu", "plural_format": "icu",
	}
	var started process
	if err := l.json(ctx, http.MethodPost, l.project+"/files/async-download", body, &started); err != nil {
		return nil, err
	}
	done, err := l.wait(ctx, "the export", started.ID)
	if err != nil {
		return nil, err
	}
	archive, err := l.download(ctx, done.Details.DownloadURL)
	if err != nil {
		return nil, err
	}
	return fromArchive(archive, lokaliseTag(tag)+".json")
}

// fromArchive reads a catalogue out of a zip file. Nothing is unpacked to disk; a file that swells beyond all bounds is
// refused.
func fromArchive(archive []byte, name string) (map[string]string, error) {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("the export is no archive: %w", err)
	}
	for _, f := range z.File {
		if path.Base(f.Name) != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer r.Close() //nolint:errcheck // it has been read
		data, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
		if err != nil {
			return nil, err
		}
		if len(data) > maxAnswer {
			return nil, errors.New("the export is too large")
		}
		var texts map[string]string
		if err := json.Unmarshal(data, &texts); err != nil {
			return nil, fmt.Errorf("%s: the export is no catalogue: %w", name, err)
		}
		return texts, nil
	}
	return map[string]string{}, nil // nothing of this language is reviewed yet
}

// share is how many percent of the English messages have a text, rounded down. Keys that English has no more count for
// nothing.
func share(english, texts map[string]string) int {
	n := 0
	for key := range english {
		if texts[key] != "" {
			n++
		}
	}
	return 100 * n / max(len(english), 1)
}

// Progress reads the project's statistics. Lokalise counts what is translated; what is reviewed it does not sum up,
// so Approved is counted from an export.
func (l *lokalise) Progress(ctx context.Context, english map[string]string) (map[string]Progress, error) {
	var answer struct {
		Statistics struct {
			Languages []struct {
				ISO      string `json:"language_iso"`
				Progress int    `json:"progress"`
			} `json:"languages"`
		} `json:"statistics"`
	}
	if err := l.json(ctx, http.MethodGet, l.project, nil, &answer); err != nil {
		return nil, err
	}
	out := map[string]Progress{}
	for _, language := range answer.Statistics.Languages {
		tag := strings.ReplaceAll(language.ISO, "_", "-")
		p := Progress{Translated: language.Progress}
		if slices.Contains(targets, tag) {
			reviewed, err := l.Pull(ctx, tag)
			if err != nil {
				return nil, err
			}
			p.Approved = share(english, reviewed)
		}
		out[tag] = p
	}
	return out, nil
}
