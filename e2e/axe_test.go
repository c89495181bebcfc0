package e2e

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// axeSource is the audit's script. It is evaluated over the debugging protocol, so the page keeps its own policy.
var axeSource = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("axe-core is not installed (make test does it; by hand: cd e2e && npm ci): %w", err)
	}
	return string(b), nil
})

// axe returns what axe-core finds wrong with the page as it is now, a line each.
func (b *tab) axe() []string {
	b.t.Helper()
	source, err := axeSource()
	if err != nil {
		b.t.Fatal(err)
	}
	if !eval[bool](b, `Boolean(globalThis.axe)`) {
		eval[bool](b, source+"\n;true")
	}
	return eval[[]string](b, `axe.run(document, {resultTypes: ["violations"], runOnly: {type: "tag", values: [
		"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}).then(r => r.violations.flatMap(v =>
		v.nodes.slice(0, 5).map(n => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "))))`)
}

// audit reports the violations of the page.
func (b *tab) audit(where string) {
	b.t.Helper()
	if found := b.axe(); len(found) > 0 {
		b.t.Errorf("%s: axe:\n\t%s", where, strings.Join(found, "\n\t"))
	}
}
