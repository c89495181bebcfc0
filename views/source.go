package views

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template/parse"
)

//go:embed all:templates
var templates embed.FS

// builtins are the functions of text/template that templates may use; printing and calling are left out, because a
// template shows its data and makes nothing.
var builtins = map[string]any{
	"and": 0, "or": 0, "not": 0, "len": 0, "index": 0, "eq": 0, "ne": 0, "lt": 0, "le": 0, "gt": 0, "ge": 0,
	"t": 0, "icon": 0, "asset": 0,
}

// source is every template of the tree, parsed but bound to no language. Names are resolved like this: a page sees its
// own definitions, then those of the fragments of its folder, then parts and full fragment names.
type source struct {
	trees map[string]*parse.Tree // by full name
	files map[string]string      // full name → the file's path without extension, for resolving
	pages map[string]bool        // files that are pages
}

// parseAll walks fsys. What a file holds outside any define is the template of the file's own name: "main" for a page,
// the base name for a part, the path for a fragment.
func parseAll(fsys fs.FS) (*source, error) {
	src := &source{trees: map[string]*parse.Tree{}, files: map[string]string{}, pages: map[string]bool{}}
	err := fs.WalkDir(fsys, "templates", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".html" {
			return err
		}
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		return src.add(strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html"), string(text))
	})
	return src, err
}

// add parses one file; stem is its path without "templates/" and ".html".
func (s *source) add(stem, text string) error {
	own := map[string]*parse.Tree{}
	rootName := s.rootName(stem)
	root := parse.New(rootName)
	root.ParseName = "templates/" + stem + ".html"
	if _, err := root.Parse(text, "", "", own, builtins); err != nil {
		return err
	}
	for name, tree := range own {
		if parse.IsEmptyTree(tree.Root) && name == rootName {
			continue // a file of defines only
		}
		full := s.fullName(stem, name)
		if other, taken := s.files[full]; taken {
			return fmt.Errorf("templates/%s.html: %q is defined in templates/%s.html too", stem, name, other)
		}
		s.trees[full], s.files[full] = tree, stem
	}
	return nil
}

func isFragment(stem string) bool { return strings.HasPrefix(path.Base(stem), "_") }

// isShared reports whether a file's templates are known everywhere by their short names.
func isShared(stem string) bool {
	return strings.HasPrefix(stem, "parts/") || !strings.Contains(stem, "/")
}

// rootName is the name of what stands outside any define.
func (s *source) rootName(stem string) string {
	switch {
	case isFragment(stem):
		return stem
	case isShared(stem):
		return path.Base(stem)
	default:
		s.pages[stem] = true
		return "main"
	}
}

// fullName is how a definition is known to the set of its language.
func (s *source) fullName(stem, name string) string {
	switch {
	case name == stem || isShared(stem):
		return name
	case isFragment(stem):
		return path.Dir(stem) + ":" + name
	default:
		return stem + ":" + name
	}
}

// resolve finds the full name that {{template "name"}} means inside the file stem.
func (s *source) resolve(stem, name string) (string, bool) {
	if name == languagesName || name == languageName {
		return name, true // made by compile
	}
	for _, full := range []string{stem + ":" + name, path.Dir(stem) + ":" + name, name} {
		if _, ok := s.trees[full]; ok {
			return full, true
		}
	}
	return "", false
}
