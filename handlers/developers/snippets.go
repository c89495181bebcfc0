package developers

import (
	"embed"
	"strings"
)

// The samples as files, so that each can be read, highlighted and run as what it is. {{URL}} and {{FROM}} are filled in.
//
//go:embed snippets
var snippets embed.FS

// language is one tab of the quickstart.
type language struct {
	id, label string // label is a proper name, the same everywhere
	file      string
	lang      string // of the code block
}

// languages in the order of the tabs; the first is shown when none is asked for.
var languages = []language{
	{"curl", "curl", "curl.sh", "sh"},
	{"go", "Go", "go.go.txt", "go"}, // not .go: it is no part of this build
	{"node", "Node", "node.mjs", "js"},
	{"python", "Python", "python.py", "python"},
	{"php", "PHP", "php.php", "php"},
}

// languageOf returns the language of a tab, the first for an unknown one.
func languageOf(id string) language {
	for _, l := range languages {
		if l.id == id {
			return l
		}
	}
	return languages[0]
}

// snippet returns a sample filled in. The names are those of the files embedded above; a test reads each.
func snippet(file, apiURL, from string) string {
	b, err := snippets.ReadFile("snippets/" + file)
	if err != nil {
		return ""
	}
	text := strings.NewReplacer("{{URL}}", apiURL, "{{FROM}}", from).Replace(string(b))
	return strings.TrimSuffix(text, "\n")
}
