package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ghasi.io/portal/locales"
)

// crowdin is Crowdin's API v2. Lists come in pages of {"data": [{"data": …}]}, everything else as {"data": …}.
type crowdin struct {
	*api

	project, glossary string
}

const (
	crowdinURL  = "https://api.crowdin.com/api/v2"
	crowdinFile = "messages.json"
	crowdinPage = 500
)

func newCrowdin(base, project, glossary, token string) (*crowdin, error) {
	if base == "" {
		base = crowdinURL
	}
	for _, id := range []string{project, glossary} {
		if _, err := strconv.ParseUint(id, 10, 63); id != "" && err != nil {
			return nil, usageError("a project's and a glossary's id at Crowdin is a number: " + id)
		}
	}
	a, err := newAPI(base, http.Header{"Authorization": {"Bearer " + token}}, 0)
	return &crowdin{api: a, project: "/projects/" + project, glossary: glossary}, err
}

// enveloped is how Crowdin wraps one thing.
type enveloped[T any] struct {
	Data T `json:"data"`
}

// pages reads a whole list.
func pages[T any](ctx context.Context, c *crowdin, path string) ([]T, error) {
	var all []T
	separator := "?"
	if u, err := url.Parse(path); err == nil && u.RawQuery != "" {
		separator = "&"
	}
	for offset := 0; ; offset += crowdinPage {
		var page enveloped[[]enveloped[T]]
		at := fmt.Sprintf("%s%slimit=%d&offset=%d", path, separator, crowdinPage, offset)
		if err := c.json(ctx, http.MethodGet, at, nil, &page); err != nil {
			return nil, err
		}
		for _, item := range page.Data {
			all = append(all, item.Data)
		}
		if len(page.Data) < crowdinPage {
			return all, nil
		}
	}
}

// Push uploads the file and then each string's context.
func (c *crowdin) Push(ctx context.Context, source []Source) error {
	texts := map[string]string{}
	for _, s := range source {
		texts[s.Key] = s.Text
	}
	file, err := encode(texts)
	if err != nil {
		return err
	}
	var stored enveloped[struct {
		ID int64 `json:"id"`
	}]
	header := http.Header{"Crowdin-Api-Filename": {crowdinFile}, "Content-Type": {"application/octet-stream"}}
	if err := c.send(ctx, http.MethodPost, "/storages", header, file, &stored); err != nil {
		return err
	}
	id, err := c.file(ctx)
	if err != nil {
		return err
	}
	if id == 0 {
		body := map[string]any{"storageId": stored.Data.ID, "name": crowdinFile, "type": "json"}
		err = c.json(ctx, http.MethodPost, c.project+"/files", body, nil)
	} else {
		// Translations stay unless the English text has changed.
		body := map[string]any{"storageId": stored.Data.ID, "updateOption": "clear_translations_and_approvals"}
		err = c.json(ctx, http.MethodPut, fmt.Sprintf("%s/files/%d", c.project, id), body, nil)
	}
	if err != nil {
		return err
	}
	return c.describe(ctx, source)
}

// file returns the id of our file, 0 when the project has none yet.
func (c *crowdin) file(ctx context.Context) (int64, error) {
	type file struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	files, err := pages[file](ctx, c, c.project+"/files")
	for _, f := range files {
		if f.Name == crowdinFile {
			return f.ID, err
		}
	}
	return 0, err
}

// describe sets the context of every string that has another one.
func (c *crowdin) describe(ctx context.Context, source []Source) error {
	type text struct {
		ID         int64  `json:"id"`
		Identifier string `json:"identifier"`
		Context    string `json:"context"`
	}
	strings, err := pages[text](ctx, c, c.project+"/strings")
	if err != nil {
		return err
	}
	want := map[string]string{}
	for _, s := range source {
		want[s.Key] = s.Context
	}
	type patch struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value string `json:"value"`
	}
	var patches []patch
	for _, s := range strings {
		if note, ok := want[s.Identifier]; ok && note != s.Context {
			patches = append(patches, patch{"replace", fmt.Sprintf("/%d/context", s.ID), note})
		}
	}
	for batch := range slices.Chunk(patches, crowdinPage) {
		if err := c.json(ctx, http.MethodPatch, c.project+"/strings", batch, nil); err != nil {
			return err
		}
	}
	return nil
}

// PushGlossary adds the terms and translations that the glossary lacks.
func (c *crowdin) PushGlossary(ctx context.Context, terms []locales.Term) error {
	if c.glossary == "" {
		return usageError("set CROWDIN_GLOSSARY_ID, or leave the glossary as it is")
	}
	type term struct {
		LanguageID string `json:"languageId"`
		Text       string `json:"text"`
		ConceptID  int64  `json:"conceptId,omitempty"`
		Status     string `json:"status,omitempty"`
		Note       string `json:"note,omitempty"`
	}
	at := "/glossaries/" + c.glossary + "/terms"
	known, err := pages[term](ctx, c, at)
	if err != nil {
		return err
	}
	find := func(language, text string) *term {
		for i := range known {
			if known[i].LanguageID == language && known[i].Text == text {
				return &known[i]
			}
		}
		return nil
	}
	add := func(t term) (term, error) {
		var added enveloped[term]
		err := c.json(ctx, http.MethodPost, at, t, &added)
		return added.Data, err
	}
	for _, t := range terms {
		status := "draft"
		if t.Approved {
			status = "preferred"
		}
		english := find(locales.Tags[0], t.Term)
		if english == nil {
			added, err := add(term{LanguageID: locales.Tags[0], Text: t.Term, Status: "preferred", Note: t.Note})
			if err != nil {
				return err
			}
			english = &added
		}
		for _, tag := range targets {
			for _, word := range t.Use[tag] {
				if find(tag, word) != nil {
					continue
				}
				if _, err := add(term{LanguageID: tag, Text: word, ConceptID: english.ConceptID, Status: status}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Pull exports one language, approved strings alone.
func (c *crowdin) Pull(ctx context.Context, tag string) (map[string]string, error) {
	id, err := c.file(ctx)
	if err != nil {
		return nil, err
	}
	if id == 0 {
		return nil, fmt.Errorf("the project has no file %s: push first", crowdinFile)
	}
	var export enveloped[struct {
		URL string `json:"url"`
	}]
	body := map[string]any{
		"targetLanguageId": tag, "fileIds": []int64{id}, "skipUntranslatedStrings": true, "exportApprovedOnly": true,
	}
	if err := c.json(ctx, http.MethodPost, c.project+"/translations/exports", body, &export); err != nil {
		return nil, err
	}
	file, err := c.download(ctx, export.Data.URL)
	if err != nil {
		return nil, err
	}
	var texts map[string]string
	if err := json.Unmarshal(file, &texts); err != nil {
		return nil, fmt.Errorf("%s: the export is no catalogue: %w", tag, err)
	}
	return texts, nil
}

// Progress reads the project's own figures.
func (c *crowdin) Progress(ctx context.Context, _ map[string]string) (map[string]Progress, error) {
	type progress struct {
		LanguageID string `json:"languageId"`
		Translated int    `json:"translationProgress"`
		Approved   int    `json:"approvalProgress"`
	}
	list, err := pages[progress](ctx, c, c.project+"/languages/progress")
	if err != nil {
		return nil, err
	}
	out := map[string]Progress{}
	for _, p := range list {
		out[p.LanguageID] = Progress{Translated: p.Translated, Approved: p.Approved}
	}
	return out, nil
}
