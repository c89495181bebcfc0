package locales

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
)

// families are the keys that code builds from a prefix and a value. Every literal prefix ("status.") in Go must be here,
// with the keys that can come out.
var families = map[string]func(t *testing.T) []string{
	"status.": func(t *testing.T) []string {
		return slices.Concat(constants(t, "MessageStatus"), constants(t, "APIKeyStatus"), constants(t, "WebhookStatus"), []string{"waiting"})
	},
	"error.":    func(t *testing.T) []string { return with(constants(t, "Code"), "", ".title") },
	"operator.": words("awcc roshan etisalat atoma salaam other others"),
	"field.": words("required too_long too_short not_e164 invalid_sender unknown_scope no_scope not_a_time in_past out_of_range " +
		"invalid_cursor unknown_status invalid not_https url_credentials invalid_url refused_address no_event unknown_event"),
	"time.ago.": words("seconds minutes hours days"),
	"time.in.":  words("seconds minutes hours days"),
	"messages.error.": func(t *testing.T) []string {
		return with(append(errorCodes(t, "Code"), "unknown"), ".title", ".cause", ".fix")
	},
	"messages.fixed_by.":       func(t *testing.T) []string { return errorCodes(t, "FixedBy") },
	"messages.state.":          func(t *testing.T) []string { return constants(t, "MessageStatus") },
	"messages.event.":          func(t *testing.T) []string { return constants(t, "MessageStatus") },
	"messages.by.":             words("platform operator handset"),
	"dashboard.steps.":         words("key key_text send send_text delivered delivered_text"),
	"apikeys.scope.":           scopes,
	"billing.status.":          words("open overdue paid void"),
	"apikeys.revoke.stops.":    scopes,
	"apikeys.new.expiry.":      words("0 30 90 365"),
	"webhooks.event.":          words("sent delivered failed expired rejected held"),
	"webhooks.fault.":          words("timeout refused_address connection tls redirect status too_large interrupted"),
	"webhooks.check.":          words("unresolved unresolved.title no_tls no_tls.title unreachable unreachable.title"),
	"webhooks.rotate.overlap.": words("0 3600 86400 604800"),
	"rotation.overlap.":        words("0 3600 86400 604800"),
	"developers.": words("quickstart.title auth.title calls.title idempotency.title limits.title problems.title states.title " +
		"errors.title magic.title webhooks.title auth.sample idempotency.sample problems.sample"),
	"developers.calls.":    words("send list show stats"),
	"developers.problems.": func(t *testing.T) []string { return constants(t, "Code") },
	"developers.states.":   func(t *testing.T) []string { return constants(t, "MessageStatus") },
	"developers.magic.":    words("1 2 3 4 5 6 7"),
	"login.reason.": func(*testing.T) []string {
		return with(strings.Fields("session_expired missing_role signed_out other_browser expired_state code_used access_denied not_set_up "+
			"unavailable failed"), "", ".title")
	},
	"health.component.": words("delivery holds payments tickets nps"),
	"health.measured.":  words("delivery holds payments tickets nps"),
	"health.raise.":     words("delivery holds payments tickets nps"),
	"health.gap.":       words("nothing unreachable absent off"),
	"login.error.":      words("credentials throttled expired client unavailable"),
	"security.test.": words("content_security_policy cookies cross_origin_resource_sharing redirection referrer_policy strict_transport_security " +
		"subresource_integrity x_content_type_options x_frame_options cross_origin_resource_policy"),
	"security.beyond.": words("types opener embedder permissions integrity reporting"),
	"security.about.":  words("script style media connect frame form types integrity other"),
	"billing.pdf.":     words("title sender bill_to pay paid void note page credit both"),
	"audit.detail.":    words("ip name last4 scopes status period locale sha256 path low_balance step"),
	"audit.event.": func(t *testing.T) (out []string) {
		for _, e := range constants(t, "EventType") {
			out = append(out, strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(e, "customer-portal."), ".v1"), ".", "_"))
		}
		return out
	},
	"tenants.band.":      words("red amber green unknown"),
	"tenants.sort.":      words("decline score name tickets balance contact"),
	"tenants.ticket.":    words("new open pending hold solved closed"),
	"tenants.priority.":  words("low normal high urgent"),
	"tenants.reviews.":   func(t *testing.T) []string { return constants(t, "QBRState") },
	"settings.theme.":    words("system light dark"),
	"settings.calendar.": words("locale shamsi gregorian"),
}

func words(list string) func(*testing.T) []string {
	return func(*testing.T) []string { return strings.Fields(list) }
}

// scopes are the scopes as keys spell them: sms_send for sms:send.
func scopes(t *testing.T) (out []string) {
	for _, s := range constants(t, "Scope") {
		out = append(out, strings.ReplaceAll(s, ":", "_"))
	}
	return out
}

// uiRooms are where a literal shaped like a key is one. Elsewhere it may be a column or a file.
var uiRooms = []string{"handlers", "views", "auth", "client", "app", "locales"}

// TestKeys: every key that code or a template names exists, and every key is named.
func TestKeys(t *testing.T) {
	u := &usage{t: t, root: os.DirFS(".."), known: catalogue(t, Tags[0]), used: map[string]bool{}, nouns: map[string]bool{}}
	for key := range u.known {
		u.nouns[noun(key)] = true
	}
	for prefix, members := range families {
		for _, m := range members(t) {
			u.use("family "+prefix, prefix+m)
		}
	}
	u.walk()
	for _, key := range slices.Sorted(maps.Keys(u.known)) {
		// The sentence under a page's title goes with the title.
		if page, ok := strings.CutSuffix(key, ".lead"); ok && u.used[page+".title"] {
			u.used[key] = true
		}
		if !u.used[key] {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

type usage struct {
	t     *testing.T
	root  fs.FS
	known map[string]string
	nouns map[string]bool // first segments of keys
	used  map[string]bool
}

func (u *usage) use(where, key string) {
	if _, ok := u.known[key]; !ok {
		u.t.Errorf("%s: no message %q", where, key)
	}
	u.used[key] = true
}

// walk reads every Go file and template of the project.
func (u *usage) walk() {
	err := fs.WalkDir(u.root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "e2e" || len(d.Name()) > 1 && d.Name()[0] == '.'):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			u.goFile(name)
		case strings.HasPrefix(name, "views/templates/") && strings.HasSuffix(name, ".html"):
			u.template(name)
		}
		return nil
	})
	if err != nil {
		u.t.Fatal(err)
	}
}

func (u *usage) goFile(name string) {
	src, err := fs.ReadFile(u.root, name)
	if err != nil {
		u.t.Fatal(err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		u.t.Fatal(err)
	}
	room, _, _ := strings.Cut(name, "/")
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field:
			return false // paths and struct tags
		case *ast.CallExpr:
			if key, ok := keyArgument(n); ok {
				u.use(fset.Position(n.Pos()).String(), key)
			}
		case *ast.BasicLit:
			u.literal(fset.Position(n.Pos()).String(), n, slices.Contains(uiRooms, room))
		}
		return true
	})
}

// keyArgument returns the literal key of a call of T.
func keyArgument(call *ast.CallExpr) (string, bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 || sel.Sel.Name != "T" {
		return "", false
	}
	return stringOf(call.Args[0])
}

// literal takes any string that is a key as a use of it: keys also stand in tables and fields. A prefix of keys must be
// a family.
func (u *usage) literal(where string, lit *ast.BasicLit, ui bool) {
	s, ok := stringOf(lit)
	if prefix, cut := strings.CutSuffix(s, "."); cut && ui && u.nouns[noun(s)] && (keyShape.MatchString(prefix) || u.nouns[prefix]) {
		if _, ok := families[s]; !ok {
			u.t.Errorf("%s: keys are built from %q, which families does not list", where, s)
		}
	}
	if !ok || !keyShape.MatchString(s) || !u.nouns[noun(s)] || fileLike(s) {
		return
	}
	if _, known := u.known[s]; known || ui {
		u.use(where, s)
	}
}

func (u *usage) template(name string) {
	src, err := fs.ReadFile(u.root, name)
	if err != nil {
		u.t.Fatal(err)
	}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(string(src), "", "", set); err != nil {
		u.t.Errorf("%s: %v", name, err)
		return
	}
	for _, tree := range set {
		u.node(name, tree.Root)
	}
}

// node walks a template's tree for {{t "key" "name" value …}}.
func (u *usage) node(where string, n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				u.node(where, child)
			}
		}
	case *parse.ActionNode:
		u.node(where, n.Pipe)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			u.node(where, n.Pipe)
		}
	case *parse.IfNode:
		u.branch(where, &n.BranchNode)
	case *parse.RangeNode:
		u.branch(where, &n.BranchNode)
	case *parse.WithNode:
		u.branch(where, &n.BranchNode)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			u.command(where, c)
		}
	}
}

func (u *usage) branch(where string, b *parse.BranchNode) {
	u.node(where, b.Pipe)
	u.node(where, b.List)
	u.node(where, b.ElseList)
}

func (u *usage) command(where string, c *parse.CommandNode) {
	for _, arg := range c.Args {
		u.node(where, arg) // (t "key") inside another call
	}
	if id, ok := c.Args[0].(*parse.IdentifierNode); !ok || id.Ident != "t" {
		return
	}
	if len(c.Args)%2 != 0 {
		u.t.Errorf("%s: {{%s}} does not have name, value pairs", where, c)
		return
	}
	key, ok := c.Args[1].(*parse.StringNode)
	if !ok {
		u.t.Errorf("%s: {{%s}} does not name its key", where, c)
		return
	}
	u.use(where, key.Text)
}

func stringOf(e ast.Node) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

func fileLike(s string) bool {
	return slices.Contains(strings.Fields(".html .css .js .json .svg .png .go .db .sql .yaml .txt .log .csv .pdf"), path.Ext(s))
}

func with(values []string, suffixes ...string) (out []string) {
	for _, v := range values {
		for _, s := range suffixes {
			out = append(out, v+s)
		}
	}
	return out
}

// constants reads the values of a closed set from the source of package portal, as this room may not import it.
func constants(t *testing.T, typeName string) (values []string) {
	inspectPortal(t, func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == typeName && len(spec.Values) == 1 {
			if s, ok := stringOf(spec.Values[0]); ok {
				values = append(values, s)
			}
		}
	})
	if len(values) == 0 {
		t.Fatalf("package portal has no constants of type %s", typeName)
	}
	return values
}

// errorCodes reads one field of portal.ErrorCodes.
func errorCodes(t *testing.T, field string) (values []string) {
	inspectPortal(t, func(n ast.Node) {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return
		}
		if id, ok := pair.Key.(*ast.Ident); ok && id.Name == field {
			if s, ok := stringOf(pair.Value); ok {
				values = append(values, s)
			}
		}
	})
	if len(values) == 0 {
		t.Fatalf("package portal has no error codes with %s", field)
	}
	return values
}

func inspectPortal(t *testing.T, f func(ast.Node)) {
	t.Helper()
	names, err := fs.Glob(os.DirFS("../portal"), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "../portal/"+name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { f(n); return true })
	}
}
