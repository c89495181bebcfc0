package views

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"ghasi.io/portal/locales"
)

func newTestRenderer(t testing.TB) (*Renderer, *locales.Bundle) {
	t.Helper()
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return r, bundle
}

// tree writes parsed rows in one canonical way: elements, sorted attributes, text with white space folded.
func tree(t testing.TB, rows string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader("<table><tbody>" + rows + "</tbody></table>"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		switch n.Type {
		case html.TextNode:
			if s := strings.Join(strings.Fields(n.Data), " "); s != "" {
				fmt.Fprintf(&b, "%d %q\n", depth, s)
			}
		case html.ElementNode:
			attrs := slices.Clone(n.Attr)
			slices.SortFunc(attrs, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
			fmt.Fprintf(&b, "%d <%s %q>\n", depth, n.Data, attrs)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(root, 0)
	return b.String()
}

// sameAsTemplate fails when the hand-written rows and the template's differ as documents.
func sameAsTemplate(t *testing.T, r *Renderer, tag string, rows MessageRows) {
	t.Helper()
	var want bytes.Buffer
	if err := RenderFragment(r, &want, tag, messageRowsTemplate, &rows); err != nil {
		t.Fatal(err)
	}
	got := string(rows.HTML())
	if a, b := tree(t, got), tree(t, want.String()); a != b {
		t.Fatalf("rows differ\nby hand:\n%s\nby template:\n%s", got, want.String())
	}
}

var hostile = []string{
	"", "msg_01jd8q4f7kzzzzzzzzzzzzzzzz", "+93 79 123 4567", "PAMIR-OTP", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`,
	"'; DROP TABLE", "a\x00b", "a&amp;b &lt;", "</td></tr></table><h1>", "\u202eevil\u2066", "په کتار کې", "\xff\xfe", "`${x}`", "{{.}}",
	"line\nbreak\ttab", strings.Repeat("é", 5000), "<!--", "]]>", "&#0;", "50%", "%zz", "a b?c=d&e=(f)'\"",
}

func randomRows(rnd *rand.Rand, none Text) MessageRows {
	pick := func() string { return hostile[rnd.IntN(len(hostile))] }
	word := func() Text { return Text(pick()) }
	rows := MessageRows{Heads: MessageHeads{word(), word(), word(), word(), word(), word(), none}}
	kinds := []string{"queued", "held", "sent", "delivered", "failed", "expired", "rejected", "neutral", pick()}
	for range rnd.IntN(4) {
		rows.Items = append(rows.Items, MessageRow{
			MessageID: pick(), URL: "/" + pick(), To: pick(), From: pick(), Status: Badge{kinds[rnd.IntN(len(kinds))], word()},
			Submitted: Time{pick(), word(), word(), word()}, Delivered: Time{pick(), word(), word(), word()}, Focus: rnd.IntN(2) == 0,
		})
	}
	return rows
}

// TestMessageRows_Template holds the rows drawn by hand equal to those of the template, for hostile values of every field.
func TestMessageRows_Template(t *testing.T) {
	r, bundle := newTestRenderer(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 400 {
		tag := locales.Tags[i%len(locales.Tags)]
		sameAsTemplate(t, r, tag, randomRows(rnd, bundle.Locale(tag).T("frame.none")))
	}
}

func FuzzMessageRows(f *testing.F) {
	r, bundle := newTestRenderer(f)
	none := bundle.Locale("en").T("frame.none")
	for _, s := range hostile {
		f.Add(s, s, s, s, s)
	}
	f.Fuzz(func(t *testing.T, id, to, label, kind, iso string) {
		row := MessageRow{
			MessageID: id, URL: "/" + id, To: to, From: label, Status: Badge{kind, Text(label)},
			Submitted: Time{iso, Text(to), Text(id), Text(to)}, Delivered: Time{"", Text(to), "", Text(id)},
		}
		sameAsTemplate(t, r, "en", MessageRows{Heads: MessageHeads{None: none, To: Text(label)}, Items: []MessageRow{row, row}})
	})
}

// TestMessageRows_Local: an address that is not a local path never becomes a link, whoever built it.
func TestMessageRows_Local(t *testing.T) {
	for _, address := range []string{"javascript:alert(1)", "https://evil.example/", "", "data:text/html,x", " /x"} {
		got := string(MessageRows{Items: []MessageRow{{URL: address}}}.HTML())
		if !strings.Contains(got, `href="#"`) {
			t.Errorf("%q drawn as %s", address, got)
		}
	}
}

// sampleRows are fifty rows as the log has them.
func sampleRows() MessageRows {
	rows := MessageRows{Heads: MessageHeads{"Message", "To", "From", "Status", "Submitted", "Delivered", "None"}}
	for range 50 {
		rows.Items = append(rows.Items, MessageRow{
			MessageID: "msg_01jd8q4f7kzzzzzzzzzzzzzzzz", URL: "/messages/msg_01jd8q4f7kzzzzzzzzzzzzzzzz", To: "+93 79 123 4567", From: "PAMIR",
			Status:    Badge{"delivered", "Delivered"},
			Submitted: Time{"2026-11-24T05:00:00Z", "2 minutes ago", "24 November 2026, 09:30:00", "3 Qaws 1405"},
			Delivered: Time{"2026-11-24T05:00:04Z", "2 minutes ago", "24 November 2026, 09:30:04", "3 Qaws 1405"},
		})
	}
	return rows
}

func BenchmarkMessageRows_Hand(b *testing.B) {
	rows := sampleRows()
	b.ReportAllocs()
	for b.Loop() {
		_ = rows.HTML()
	}
}

func BenchmarkMessageRows_Template(b *testing.B) {
	r, _ := newTestRenderer(b)
	rows := sampleRows()
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := RenderFragment(r, &out, "en", messageRowsTemplate, &rows); err != nil {
			b.Fatal(err)
		}
	}
}
