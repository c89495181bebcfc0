package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"ghasi.io/portal/locales"
)

// encode writes a catalogue the way it is kept: sorted by key, one a line, letters as they are.
func encode(texts map[string]string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(texts) // a map's keys come sorted
	return b.Bytes(), err
}

func catalogueFile(root, tag string) string { return filepath.Join(root, tag, "messages.json") }

// read returns the catalogues that are in root, by language.
func read(root string) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for _, tag := range locales.Tags {
		raw, err := os.ReadFile(catalogueFile(root, tag))
		if err != nil {
			return nil, err
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", tag, err)
		}
		all[tag] = texts
	}
	return all, nil
}

// write replaces a language's catalogue in one step.
func write(root, tag string, texts map[string]string) error {
	data, err := encode(texts)
	if err != nil {
		return err
	}
	file := catalogueFile(root, tag)
	if err := os.WriteFile(file+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
