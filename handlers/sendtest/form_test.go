package sendtest

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/portal"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name           string
		to, from, body string
		want           []string // field and key, in order
	}{
		{"all right", "+93700000001", "PAMIR", "Hello", nil},
		{"as dialled", "0799 123 456", "PAMIR", "Hello", nil},
		{"in Dari digits", "۰۷۹۹۱۲۳۴۵۶", "PAMIR", "سلام", nil},
		{"sender is a number", "+93700000001", "+93799123456", "Hello", nil},
		{"nothing", "", "", "", []string{"to field.required", "from field.required", "body field.required"}},
		{"only white space", "  ", "\t", " \n\u00a0", []string{"to field.required", "from field.required", "body field.required"}},
		{"words for a number", "my phone", "PAMIR", "Hello", []string{"to field.not_e164"}},
		{"too few digits", "079912345", "PAMIR", "Hello", []string{"to field.not_e164"}},
		{"long sender", "+93700000001", "PAMIRLOGISTICS", "Hello", []string{"from field.invalid_sender"}},
		{"sender in another script", "+93700000001", "پامیر", "Hello", []string{"from field.invalid_sender"}},
		{"longest", "+93700000001", "PAMIR", strings.Repeat("a", 1530), nil},
		{"too long", "+93700000001", "PAMIR", strings.Repeat("a", 1531), []string{"body sendtest.form.too_long"}},
		{"too many parts", "+93700000001", "PAMIR", strings.Repeat("س", 671), []string{"body sendtest.form.too_long"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, w := range bind(url.Values{"to": {tt.to}, "from": {tt.from}, "body": {tt.body}}, noon).validate() {
				got = append(got, w.Field+" "+w.Key)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	f := bind(url.Values{"to": {" ۰۷۹۹ ۱۲۳ ۴۵۶ "}, "from": {" PAMIR "}, "body": {" one\r\ntwo "}}, noon)
	want := portal.NewMessage{To: "+93799123456", From: "PAMIR", Body: " one\ntwo "}
	if d := cmp.Diff(want, f.message()); d != "" {
		t.Error(d)
	}
}

func TestIdempotencyKey(t *testing.T) {
	key := func(attempt, to, body string) string {
		f := form{attempt: attempt, to: to, from: "PAMIR", body: body}
		return f.idempotencyKey(f.message())
	}
	same := key("att_1", "+93799123456", "Hello")
	if same != key("att_1", "0799123456", "Hello") {
		t.Error("the same message has two keys")
	}
	for name, other := range map[string]string{
		"another form":    key("att_2", "+93799123456", "Hello"),
		"another number":  key("att_1", "+93799123457", "Hello"),
		"an edited text":  key("att_1", "+93799123456", "Hello."),
		"a moved divider": key("att_1", "+93799123456", `Hello" "`),
	} {
		if other == same {
			t.Errorf("%s has the same key", name)
		}
	}
	if strings.ContainsFunc(same, func(r rune) bool { return r < 0x21 || r > 0x7e }) || len(same) > 255 {
		t.Errorf("%q is no idempotency key", same)
	}
}

func TestBind_Attempt(t *testing.T) {
	const given = "att_00000000000000000000000001"
	if got := bind(url.Values{"attempt": {given}}, noon).attempt; got != given {
		t.Errorf("the attempt became %q", got)
	}
	if got := bind(url.Values{"attempt": {"x\r\nEvil: header"}}, noon).attempt; !portal.ValidID("att", got) {
		t.Errorf("a forged attempt passes as %q", got)
	}
}

func TestReplaced(t *testing.T) {
	for _, tt := range []struct{ body, what, want string }{
		{"It’s “here”", "U+2019", "It's “here”"},
		{"It’s here, isn’t it", "U+2019", "It's here, isn't it"},
		{"It’s “here”…", "all", `It's "here"...`},
		{"It’s", "U+201C", "It’s"}, // not in it
		{"سلام", "U+0633", "سلام"}, // has no replacement
		{"It’s", "<script>", "It’s"},
	} {
		if got := replaced(tt.body, tt.what); got != tt.want {
			t.Errorf("replaced(%q, %q) = %q, want %q", tt.body, tt.what, got, tt.want)
		}
	}
}

func TestCurl(t *testing.T) {
	const url = "https://portal.example"
	got := curl(url, portal.NewMessage{To: "+93799123456", From: "PAMIR", Body: "It's $HOME `id` <b> \"x\" \\ \n سلام"})
	want := `curl 'https://portal.example/v1/messages' \
  -H 'Authorization: Bearer YOUR_API_KEY' \
  -H 'Content-Type: application/json' \
  -d '{"to":"+93799123456","from":"PAMIR","body":"It'\''s $HOME ` + "`id`" + ` <b> \"x\" \\ \n سلام"}'`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, want := range []string{sample.To, sample.From, sample.Body} {
		if got := curl(url, portal.NewMessage{}); !strings.Contains(got, want) {
			t.Errorf("an empty form's command lacks %q: %s", want, got)
		}
	}
}
