package sendtest

import (
	"strings"
	"testing"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

const apiURL = "https://portal.example"

func printer(t *testing.T, tag string) *locales.Printer {
	t.Helper()
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Locale(tag).Printer(noon, "", "")
}

func TestPreviewView(t *testing.T) {
	p := printer(t, "en")
	for _, tt := range []struct {
		name, body                 string
		encoding, units, segments  string
		parts, unicode, replaceAll bool
		culprits                   string // code points and whether each can be replaced
	}{
		{"empty", "", "GSM-7", "0", "0", false, false, false, ""},
		{"plain", "Hello", "GSM-7", "5", "1", false, false, false, ""},
		{"161", strings.Repeat("a", 161), "GSM-7", "161", "2", true, false, false, ""},
		{"curly", "It’s", "UCS-2", "4", "1", false, true, false, "U+2019+"},
		{"two kinds", "It’s – isn’t it", "UCS-2", "15", "1", false, true, true, "U+2019+ U+2013+"},
		{"Dari", "سس", "UCS-2", "2", "1", false, true, false, "U+0633"},
		{"Dari with quotes", "«سلام»", "UCS-2", "6", "1", false, true, false, "U+0633"},
		{"emoji", "ok 👍", "UCS-2", "5", "1", false, true, false, "U+1F44D"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := previewView(p, portal.NewMessage{To: "+93799123456", From: "PAMIR", Body: tt.body}, apiURL, prices)
			if string(v.Encoding) != tt.encoding || string(v.Units) != tt.units || string(v.Segments) != tt.segments {
				t.Errorf("%s, %s units, %s segments", v.Encoding, v.Units, v.Segments)
			}
			if (v.Parts != "") != tt.parts || (v.Unicode != "") != tt.unicode || v.ReplaceAll != tt.replaceAll {
				t.Errorf("parts %q, unicode %q, replace all %v", v.Parts, v.Unicode, v.ReplaceAll)
			}
			var culprits []string
			for _, c := range v.Culprits {
				s := c.CodePoint
				if c.Replace != "" {
					s += "+"
				}
				culprits = append(culprits, s)
			}
			if got := strings.Join(culprits, " "); got != tt.culprits {
				t.Errorf("culprits %q, want %q", got, tt.culprits)
			}
			if v.Operator != "Roshan" || !strings.Contains(string(v.Cost), "AFN") {
				t.Errorf("operator %q, cost %q", v.Operator, v.Cost)
			}
		})
	}
}

func TestPreviewView_Position(t *testing.T) {
	v := previewView(printer(t, "en"), portal.NewMessage{Body: "It’s"}, apiURL, prices)
	if len(v.Culprits) != 1 || v.Culprits[0].Where != "at character 3" || v.Culprits[0].Char != "’" {
		t.Errorf("%+v", v.Culprits)
	}
	if v.Operator != "Enter a number" || v.Cost != "Enter a number" {
		t.Errorf("without a number: operator %q, cost %q", v.Operator, v.Cost)
	}
}

func TestPreviewView_ManyKinds(t *testing.T) {
	v := previewView(printer(t, "en"), portal.NewMessage{Body: "ابپتثجچ"}, apiURL, prices)
	if len(v.Culprits) != 1 || v.More != "and 6 more kinds of characters" {
		t.Errorf("letters: %d kinds, more %q", len(v.Culprits), v.More)
	}
	v = previewView(printer(t, "en"), portal.NewMessage{Body: "‘’“”–—…"}, apiURL, prices)
	if len(v.Culprits) != 5 || v.More != "and 2 more kinds of characters" {
		t.Errorf("quotes: %d kinds, more %q", len(v.Culprits), v.More)
	}
}

func TestPreviewView_Invisible(t *testing.T) {
	v := previewView(printer(t, "en"), portal.NewMessage{Body: "a\u00a0b\u200cc"}, apiURL, prices)
	for _, c := range v.Culprits {
		if c.Char != "" {
			t.Errorf("%s is shown as %q", c.CodePoint, c.Char)
		}
	}
	v = previewView(printer(t, "en"), portal.NewMessage{Body: "a\u00a0b"}, apiURL, prices)
	if got := string(v.Culprits[0].With); !strings.Contains(got, "a space") {
		t.Errorf("the button says %q", got)
	}
}

func TestPanelView_Errors(t *testing.T) {
	p := printer(t, "en")
	one := panelView(p, form{}, []portal.FieldError{{Field: "from", Key: "field.required"}}, apiURL, prices)
	if one.Alert != nil || one.From.Error == "" || !one.From.Autofocus || one.To.Autofocus {
		t.Errorf("one error: %+v", one.From)
	}
	two := panelView(p, form{}, []portal.FieldError{{Field: "to", Key: "field.required"}, {Field: "body", Key: "field.required"}}, apiURL, prices)
	if two.Alert == nil || len(two.Alert.Items) != 2 || two.Alert.Items[1].URL != "#f-body" {
		t.Errorf("two errors: %+v", two.Alert)
	}
	header := panelView(p, form{}, []portal.FieldError{{Field: "Idempotency-Key", Key: "field.invalid"}}, apiURL, prices)
	if header.To.Error+header.From.Error+header.Body.Error != "" {
		t.Error("an error of a header marks a field")
	}
}

func TestPanelView_Counter(t *testing.T) {
	p := printer(t, "fa-AF")
	for n, over := range map[int]bool{160: false, 161: true} {
		v := panelView(p, form{body: strings.Repeat("س", n)}, nil, apiURL, prices)
		if v.Counter.Over != over {
			t.Errorf("%d characters: over = %v", n, v.Counter.Over)
		}
	}
}

func TestResultView(t *testing.T) {
	p := printer(t, "en")
	moving := resultView(p, portal.Message{MessageID: "msg_1", Status: portal.StatusQueued})
	if moving.URL != "/messages/msg_1" || moving.StatusURL != "/messages/msg_1/status" || moving.Status.Kind != "queued" {
		t.Errorf("%+v", moving)
	}
	if final := resultView(p, portal.Message{MessageID: "msg_1", Status: portal.StatusDelivered}); final.StatusURL != "" {
		t.Errorf("a final status is followed: %+v", final)
	}
	if unknown := resultView(p, portal.Message{MessageID: "msg_1"}); unknown.Status != nil || unknown.StatusURL == "" {
		t.Errorf("an unknown status: %+v", unknown)
	}
}

// TestPreview_Price: the cost is what this account pays, in its own currency; not a guess when nobody says.
func TestPreview_Price(t *testing.T) {
	usd := portal.Prices{Currency: portal.USD, Operators: []portal.OperatorPrice{{Operator: "roshan", UnitMicros: 12_200}}}
	m := portal.NewMessage{To: "+93799123456", From: "PAMIR", Body: strings.Repeat("a", 161)}
	p := printer(t, "en")
	if got, want := string(previewView(p, m, apiURL, usd).Cost), "USD\u00a00.0244 (USD\u00a00.0122 a segment)"; got != want {
		t.Errorf("the cost is %q, want %q", got, want)
	}
	if got := previewView(p, m, apiURL, portal.Prices{}).Cost; got != p.T("sendtest.preview.cost.unknown") {
		t.Errorf("without prices the cost is %q", got)
	}
}
