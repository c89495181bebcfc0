package views

import (
	"testing"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

var testNow = time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)

func sampleMessages() []portal.Message {
	items := make([]portal.Message, 50)
	for i := range items {
		at := testNow.Add(-time.Duration(i*i) * 97 * time.Second)
		done := at.Add(4 * time.Second)
		items[i] = portal.Message{
			MessageID: portal.NewID("msg", at), To: "+93791234567", From: "PAMIR", Status: portal.StatusDelivered,
			SubmittedAt: at, DeliveredAt: &done,
		}
	}
	return items
}

func TestNewMessageRows(t *testing.T) {
	_, bundle := newTestRenderer(t)
	p := bundle.Locale("en").Printer(testNow, "", "")
	items := sampleMessages()[:2]
	items[1].DeliveredAt, items[1].Status = nil, "teleported"
	rows := NewMessageRows(p, items, "status=failed&to=%2B9379")
	first, second := rows.Items[0], rows.Items[1]
	if want := "/messages/" + items[0].MessageID + "?back=status%3Dfailed%26to%3D%252B9379"; first.URL != want {
		t.Errorf("URL = %q, want %q", first.URL, want)
	}
	if first.To != "+93 79 123 4567" || first.Status != (Badge{"delivered", "Delivered"}) {
		t.Errorf("first row = %+v", first)
	}
	if first.Submitted.ISO != "2026-11-24T05:00:00Z" || first.Submitted.Exact == "" {
		t.Errorf("submitted = %+v", first.Submitted)
	}
	if second.Delivered != (Time{}) || second.Status != (Badge{"neutral", "teleported"}) {
		t.Errorf("a status from the future: %+v", second)
	}
	if plain := NewMessageRows(p, items, "").Items[0].URL; plain != "/messages/"+items[0].MessageID {
		t.Errorf("URL without a filter = %q", plain)
	}
}

func BenchmarkNewMessageRows(b *testing.B) {
	_, bundle := newTestRenderer(b)
	items := sampleMessages()
	for _, tag := range locales.Tags {
		p := bundle.Locale(tag).Printer(testNow, "", "")
		b.Run(tag, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = NewMessageRows(p, items, "status=failed")
			}
		})
	}
}
