package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What is committed beside the assets must be what go generate makes of them.
func TestGenerate_CommittedFilesAreFresh(t *testing.T) {
	const committed = "../dist"
	names, err := sources(committed)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		copyFile(t, filepath.Join(committed, name), filepath.Join(dir, name))
	}
	if err := generate(dir); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !bytes.Equal(read(t, filepath.Join(dir, f.Name())), read(t, filepath.Join(committed, f.Name()))) {
			t.Errorf("dist/%s is stale: run npm run build in static/", f.Name())
		}
	}
	want := len(files) + 1 // robots.txt is served as it is
	if got, err := os.ReadDir(committed); err != nil || len(got) != want {
		t.Errorf("dist has %d files, want %d: %v", len(got), want, err)
	}
}

func TestSources_RemovesWhatIsLeftOver(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.css", "a.css.br", "gone.js.br", "gone.js.gz"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := sources(dir)
	if err != nil || len(names) != 1 || names[0] != "a.css" {
		t.Errorf("sources = %v, %v; want a.css alone", names, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%d files left, want a.css and a.css.br: %v", len(left), err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, read(t, from), 0o600); err != nil {
		t.Fatal(err)
	}
}
