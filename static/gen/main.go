// Command gen fingerprints and compresses what `npm run build` put into static/dist: it writes manifest.json and, beside
// every text file, its brotli and gzip bytes. Run by `go generate ./static`.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
)

// entry is one asset of the manifest; static.Load reads the same fields.
type entry struct {
	Name        string `json:"name"`
	Path        string `json:"path"`
	ContentType string `json:"contentType"`
	Integrity   string `json:"integrity"`
}

var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

func main() {
	if err := generate("dist"); err != nil {
		fmt.Fprintln(os.Stderr, "static/gen:", err)
		os.Exit(1)
	}
}

// generate writes the manifest and the compressed files of dir.
func generate(dir string) error {
	names, err := sources(dir)
	if err != nil {
		return err
	}
	var entries []entry
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		entries = append(entries, describe(name, data))
		if path.Ext(name) == ".woff2" {
			continue // compressed by itself
		}
		if err := compress(filepath.Join(dir, name), data); err != nil {
			return err
		}
	}
	manifest, err := json.MarshalIndent(entries, "", "  ")
	if err != nil {
		return err
	}
	return write(filepath.Join(dir, "manifest.json"), append(manifest, '\n'))
}

// sources lists the assets of dir and removes compressed files whose asset is gone.
func sources(dir string) ([]string, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		if _, known := contentTypes[path.Ext(f.Name())]; known {
			names = append(names, f.Name())
		}
	}
	for _, f := range files {
		for _, ext := range []string{".br", ".gz"} {
			if base, ok := strings.CutSuffix(f.Name(), ext); ok && !slices.Contains(names, base) {
				if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
					return nil, err
				}
			}
		}
	}
	return names, nil
}

func describe(name string, data []byte) entry {
	sum := sha512.Sum384(data)
	ext := path.Ext(name)
	return entry{
		Name:        name,
		Path:        "/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:12] + ext,
		ContentType: contentTypes[ext],
		Integrity:   "sha384-" + base64.StdEncoding.EncodeToString(sum[:]),
	}
}

func compress(file string, data []byte) error {
	var br, gz bytes.Buffer
	bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
	_, err := bw.Write(data)
	if err := errors.Join(err, bw.Close()); err != nil {
		return err
	}
	gw, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = gw.Write(data)
	if err := errors.Join(err, gw.Close()); err != nil {
		return err
	}
	return errors.Join(write(file+".br", br.Bytes()), write(file+".gz", gz.Bytes()))
}

// write leaves a file alone that has the content already, so that a build without changes touches nothing.
func write(file string, data []byte) error {
	old, err := os.ReadFile(file)
	if err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
