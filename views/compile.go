package views

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"path"
	"regexp"
	"strings"
	"text/template/parse"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/static"
)

// compiler binds the templates to one language. Calls with constant arguments become plain text here, so a request
// pays for its own data only.
type compiler struct {
	src    *source
	locale *locales.Locale
	assets *static.Assets
	sprite string
	errs   []error
}

// Two templates that are not in the tree: the buttons of the language switcher, and the name of the page's own language.
// They are the same on every page, so each set has them as plain text.
const (
	languagesName = "languages"
	languageName  = "language"
)

// compile makes the set of one language.
func (s *source) compile(b *locales.Bundle, tag string, assets *static.Assets) (*set, error) {
	l := b.Locale(tag)
	sprite, ok := assets.Lookup("sprite.svg")
	if !ok {
		return nil, errors.New("no sprite.svg among the assets")
	}
	c := &compiler{src: s, locale: l, assets: assets, sprite: sprite.Path}
	all := template.New("").Option("missingkey=error").Funcs(template.FuncMap{"t": c.t, "icon": c.icon, "asset": c.asset})
	for full, tree := range s.trees {
		tree = tree.Copy()
		c.list(s.files[full], tree.Root)
		if _, err := all.AddParseTree(full, tree); err != nil {
			c.errs = append(c.errs, err)
		}
	}
	c.add(all, languageName, html.EscapeString(l.Name))
	c.add(all, languagesName, languageButtons(b, tag))
	out := &set{before: map[kind]*template.Template{}, after: map[kind]*template.Template{}}
	find := func(name string) *template.Template {
		t := all.Lookup(name)
		if t == nil {
			c.errs = append(c.errs, fmt.Errorf("no template %q", name))
		}
		return t
	}
	out.before[framed], out.after[framed] = find("frame-before"), find("frame-after")
	out.before[bare], out.after[bare] = find("bare-before"), find("bare-after")
	for _, h := range registry {
		name := h.name
		if h.kind != partial {
			name += ":main"
		}
		out.content = append(out.content, find(name))
	}
	return out, errors.Join(c.errs...)
}

func (c *compiler) add(all *template.Template, name, markup string) {
	if _, err := all.New(name).Parse(markup); err != nil {
		c.errs = append(c.errs, err)
	}
}

// languageButtons submit the frame's form "preferences". Each language stands in its own name and direction.
func languageButtons(b *locales.Bundle, current string) string {
	var out strings.Builder
	for _, tag := range locales.Tags {
		l := b.Locale(tag)
		mark := ""
		if tag == current {
			mark = ` aria-current="true"`
		}
		fmt.Fprintf(&out, `<button class="menu-item lang-name" form="preferences" name="locale" value="%s" lang="%[1]s" dir="%s"%s>%s</button>`,
			tag, l.Dir, mark, html.EscapeString(l.Name))
	}
	return out.String()
}

var indent = regexp.MustCompile(`\n\s+`)

// list folds the nodes of one list, in place.
func (c *compiler) list(stem string, l *parse.ListNode) {
	if l == nil {
		return
	}
	for i, node := range l.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			n.Text = indent.ReplaceAll(n.Text, []byte("\n"))
		case *parse.ActionNode:
			if text, ok := c.constant(n.Pipe); ok {
				l.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(text)}
			}
		case *parse.TemplateNode:
			full, ok := c.src.resolve(stem, n.Name)
			if !ok {
				c.fail(stem, "no template %q", n.Name)
			}
			n.Name = full
		case *parse.IfNode:
			c.list(stem, n.List)
			c.list(stem, n.ElseList)
		case *parse.RangeNode:
			c.list(stem, n.List)
			c.list(stem, n.ElseList)
		case *parse.WithNode:
			c.list(stem, n.List)
			c.list(stem, n.ElseList)
		}
	}
}

func (c *compiler) fail(where, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// constant evaluates {{t "key"}}, {{icon "name"}} and {{asset "name"}}.
func (c *compiler) constant(pipe *parse.PipeNode) (string, bool) {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) < 2 {
		return "", false
	}
	args := pipe.Cmds[0].Args
	fn, isFunc := args[0].(*parse.IdentifierNode)
	arg, isString := args[1].(*parse.StringNode)
	if !isFunc || !isString {
		return "", false
	}
	text, err := "", error(nil)
	switch fn.Ident {
	case "t":
		if len(args) > 2 { // formatted per request, but the key can be checked now
			_, err = c.key(arg.Text)
			if err != nil {
				c.errs = append(c.errs, err)
			}
			return "", false
		}
		var key string
		if key, err = c.key(arg.Text); err == nil {
			text = html.EscapeString(string(c.locale.T(key)))
		}
	case "icon":
		var icon template.HTML
		icon, err = c.icon(arg.Text)
		text = string(icon)
	case "asset":
		text, err = c.attributes(arg.Text)
	default:
		return "", false
	}
	if err != nil {
		c.errs = append(c.errs, err)
	}
	return text, true
}

func (c *compiler) key(key string) (string, error) {
	if !c.locale.Has(key) {
		return "", fmt.Errorf("no message %q", key)
	}
	return key, nil
}

// t is {{t "key" "name" .Value}}: the message of key, formatted.
func (c *compiler) t(key string, args ...any) (Text, error) {
	if _, err := c.key(key); err != nil {
		return "", err
	}
	return c.locale.T(key, args...), nil
}

// icon is {{icon .Name}}; no name, no icon.
func (c *compiler) icon(name string) (template.HTML, error) {
	if name == "" {
		return "", nil
	}
	if !c.assets.HasIcon(name) {
		return "", fmt.Errorf("no icon %q in static/src/icons.json", name)
	}
	return iconHTML(c.sprite, name), nil
}

// asset exists so that templates parse; a call that is not constant has no meaning.
func (c *compiler) asset(string) (string, error) {
	return "", errors.New("asset takes a constant name")
}

// attributes are all that an element needs to load an asset: address, digest, and the CORS mode without which browsers
// ignore the digest. "font" is the font of the language's own script.
func (c *compiler) attributes(name string) (string, error) {
	if name == "font" {
		name = "vazirmatn-latin.woff2"
		if c.locale.Dir == "rtl" {
			name = "vazirmatn-arabic.woff2"
		}
	}
	asset, ok := c.assets.Lookup(name)
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	tail := `"` + asset.Path + `" integrity="` + asset.Integrity + `" crossorigin="anonymous"`
	switch path.Ext(name) {
	case ".js":
		return `defer src=` + tail, nil
	case ".css":
		return `rel="stylesheet" href=` + tail, nil
	case ".woff2":
		return `rel="preload" as="font" type="font/woff2" href=` + tail, nil
	case ".svg":
		return strings.Join([]string{`type="image/svg+xml" href="`, asset.Path, `"`}, ""), nil
	default:
		return "", fmt.Errorf("asset %q cannot stand in a page", name)
	}
}
