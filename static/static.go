// Package static holds what browsers cache: style sheet, script, fonts, icons. Every file is served under a name with
// its own fingerprint, for ever, from bytes compressed at build time; templates get address and SRI digest from here.
package static

import (
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
)

//go:generate go run ./gen

//go:embed dist
var dist embed.FS

// Asset is one file.
type Asset struct {
	Name        string `json:"name"` // "app.css"
	Path        string `json:"path"` // "/assets/app.<12 hex digits>.css"
	ContentType string `json:"contentType"`
	Integrity   string `json:"integrity"` // "sha384-…", of the uncompressed bytes

	plain, brotli, gzip []byte
}

// Assets is the manifest, checked against the embedded bytes.
type Assets struct {
	byName, byPath map[string]*Asset
	icons          map[string]bool
	robots         *Asset
}

// Load reads the manifest, once for the process. A digest or a fingerprint that does not fit its file is an error: the
// browser would refuse the file, so the process must not start.
func Load() (*Assets, error) { return load() }

var load = sync.OnceValues(read)

func read() (*Assets, error) {
	data, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		return nil, err
	}
	var list []*Asset
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("static manifest: %w", err)
	}
	a := &Assets{byName: map[string]*Asset{}, byPath: map[string]*Asset{}}
	for _, asset := range list {
		if err := asset.read(); err != nil {
			return nil, err
		}
		a.byName[asset.Name], a.byPath[asset.Path] = asset, asset
	}
	for _, name := range []string{"favicon.svg", "sprite.svg"} {
		if a.byName[name] == nil {
			return nil, fmt.Errorf("static manifest: %s is missing", name)
		}
	}
	a.icons = iconNames(a.byName["sprite.svg"])
	robots, err := dist.ReadFile("dist/robots.txt")
	if err != nil {
		return nil, err
	}
	a.robots = &Asset{ContentType: "text/plain; charset=utf-8", plain: robots}
	return a, nil
}

// read fills in the bytes and checks them against the manifest.
func (a *Asset) read() (err error) {
	if a.plain, err = dist.ReadFile("dist/" + a.Name); err != nil {
		return err
	}
	a.brotli, _ = dist.ReadFile("dist/" + a.Name + ".br") // fonts have none
	a.gzip, _ = dist.ReadFile("dist/" + a.Name + ".gz")
	sum := sha512.Sum384(a.plain)
	ext := path.Ext(a.Name)
	want := "/assets/" + strings.TrimSuffix(a.Name, ext) + "." + hex.EncodeToString(sum[:])[:12] + ext
	if a.Path != want || a.Integrity != "sha384-"+base64.StdEncoding.EncodeToString(sum[:]) {
		return fmt.Errorf("static manifest: %s has changed since `go generate ./static`", a.Name)
	}
	return nil
}

// Lookup returns the asset of a name such as "app.css".
func (a *Assets) Lookup(name string) (*Asset, bool) {
	asset, ok := a.byName[name]
	return asset, ok
}

// HasIcon reports whether the sprite has an icon of that name.
func (a *Assets) HasIcon(name string) bool { return a.icons[name] }

// iconNames collects the ids of the sprite.
func iconNames(sprite *Asset) map[string]bool {
	names := map[string]bool{}
	for rest := string(sprite.plain); ; {
		_, after, ok := strings.Cut(rest, `<symbol id="`)
		if !ok {
			return names
		}
		name, tail, _ := strings.Cut(after, `"`)
		names[name], rest = true, tail
	}
}
