package locales

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// catalogue reads one language's messages, refusing a key that is there twice (which encoding/json would not).
func catalogue(t *testing.T, tag string) map[string]string {
	t.Helper()
	raw, err := catalogues.ReadFile(tag + "/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	texts := map[string]string{}
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		t.Fatalf("%s: not an object", tag)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
		var text string
		if err := dec.Decode(&text); err != nil {
			t.Fatalf("%s: %v: %v", tag, key, err)
		}
		name, _ := key.(string)
		if _, twice := texts[name]; twice {
			t.Errorf("%s: %s is there twice", tag, name)
		}
		texts[name] = text
	}
	return texts
}

// TestCatalogues: everything that Check knows, on the catalogues that ship.
func TestCatalogues(t *testing.T) {
	all := map[string]map[string]string{}
	for _, tag := range Tags {
		all[tag] = catalogue(t, tag)
	}
	for _, fault := range Check(all) {
		t.Error(fault)
	}
}

// TestCheck: each fault is found, and nothing else.
func TestCheck(t *testing.T) {
	english := map[string]string{
		"a.one":    "You have {n, plural, one {# message} other {# messages}}.",
		"a.who":    "{who, select, you {You} other {They}} sent it.",
		"a.sender": "The sender ID is not registered.",
	}
	good := map[string]map[string]string{
		"en": english,
		"fa-AF": {
			"a.one": "{n, plural, other {# پیام}} دارید.", "a.who": "{who, select, you {شما} other {آن‌ها}} فرستادید.",
			"a.sender": "نام فرستنده ثبت نشده است.",
		},
		"ps": {
			"a.one": "تاسو {n, plural, one {# پیغام} other {# پیغامونه}} لرئ.", "a.who": "{who, select, you {تاسو} other {هغوی}} واستاوه.",
			"a.sender": "د استوونکي نوم نه دی ثبت شوی.",
		},
		"ar": {
			"a.one": "لديك {n, plural, one {رسالة} two {رسالتان} few {# رسائل} many {# رسالة} other {# رسالة}}.",
			"a.who": "{who, select, you {أنت} other {هم}} أرسلت.", "a.sender": "اسم المرسل غير مسجل.",
		},
	}
	if faults := Check(good); len(faults) > 0 {
		t.Fatalf("faults in good catalogues: %v", faults)
	}
	for _, tt := range []struct{ tag, key, text, want string }{
		{"en", "a.bad", "Oops, please wait", "holds"},
		{"en", "a.bad", "Wait!", "shouts"},
		{"en", "a.bad", " Wait", "space around"},
		{"en", "a.bad", "A <b>tag</b>", "markup"},
		{"en", "Bad", "Wait", "the key is not"},
		{"en", "a.one", "{n, plural, other {# messages}}", `has no "one"`},
		{"fa-AF", "a.sender", "", "is empty"},
		{"fa-AF", "a.more", "بیشتر", "is not in English"},
		{"fa-AF", "a.sender", "شناسه فرستنده ثبت نشده است.", "does not call"},
		{"fa-AF", "a.sender", "نام فرستنده در پیامک", "holds"},
		{"fa-AF", "a.sender", "نام فرستنده 12 است", "Latin digits"},
		{"fa-AF", "a.who", "{who} فرستاد.", "selects"},
		{"fa-AF", "a.one", "{m, plural, other {# پیام}}", "has arguments"},
		{"ps", "a.sender", "د استوونكي نوم", "another language"},
		{"ps", "a.sender", "د استوونکي نوم \u2066", "unbalanced"},
		{"ps", "a.sender", "د استوونکي نوم \u202B", "embeds"},
		{"ar", "a.one", "{n, plural, one {رسالة} other {# رسالة}}", `has no "few"`},
		{"ar", "a.sender", "اسم المرسل {", "1:13"},
	} {
		bad := map[string]map[string]string{}
		for tag, texts := range good {
			bad[tag] = maps.Clone(texts)
		}
		bad[tt.tag][tt.key] = tt.text
		found := false
		for _, fault := range Check(bad) {
			found = found || strings.HasPrefix(fault.Error(), tt.tag+": "+tt.key+": ") && strings.Contains(fault.Error(), tt.want)
		}
		if !found {
			t.Errorf("%s %s %q: %q is not among %v", tt.tag, tt.key, tt.text, tt.want, Check(bad))
		}
	}
	delete(good["ps"], "a.one")
	if faults := Check(good); len(faults) != 1 || faults[0].Error() != "ps: a.one: is missing" {
		t.Errorf("a missing key: %v", faults)
	}
}
