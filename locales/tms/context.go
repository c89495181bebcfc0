package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"ghasi.io/portal/locales/icu"
)

// places looks only where a key is a key.
var (
	sourceFolders = []string{"views", "handlers", "auth", "client", "platform", "success"}
	quotedKey     = regexp.MustCompile(`"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"`)
)

// describe gives each English message what a translator sees beside it: where it stands, and what its arguments are.
func describe(root string, english map[string]string) ([]Source, error) {
	where, err := usages(filepath.Dir(filepath.Clean(root)), english)
	if err != nil {
		return nil, err
	}
	out := make([]Source, 0, len(english))
	for _, key := range slices.Sorted(maps.Keys(english)) {
		var note []string
		if files := where[key]; len(files) > 0 {
			note = append(note, "Used in "+strings.Join(files, ", ")+".")
		}
		m, err := icu.Parse(language.English, english[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		for _, arg := range m.Args() {
			note = append(note, fmt.Sprintf("{%s} is %s.", arg.Name, kinds[arg.Kind]))
		}
		out = append(out, Source{Key: key, Text: english[key], Context: strings.Join(note, " ")})
	}
	return out, nil
}

var kinds = map[icu.Kind]string{
	icu.Any: "filled in as it is", icu.Number: "a number", icu.Choice: "a choice between the cases written here",
}

// usages finds the files that name each key. Keys that code puts together from parts are found by their first part.
func usages(module string, english map[string]string) (map[string][]string, error) {
	where := map[string][]string{}
	note := func(key, file string) {
		if _, ok := english[key]; ok && !slices.Contains(where[key], file) {
			where[key] = append(where[key], file)
		}
	}
	for _, folder := range sourceFolders {
		err := filepath.WalkDir(filepath.Join(module, folder), func(path string, entry fs.DirEntry, err error) error {
			switch ext := filepath.Ext(path); {
			case os.IsNotExist(err):
				return nil
			case err != nil:
				return err
			case entry.IsDir() || (ext != ".go" && ext != ".html") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(module, path)
			for _, m := range quotedKey.FindAllSubmatch(data, -1) {
				note(string(m[1]), filepath.ToSlash(relative))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return where, nil
}
