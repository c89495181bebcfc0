package billing

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// shelf is an object store that counts what is put on it.
type shelf struct {
	*blob.Files

	puts atomic.Int32
	down bool
}

func (s *shelf) Put(ctx context.Context, key, contentType string, r io.Reader, size int64) error {
	s.puts.Add(1)
	return s.Files.Put(ctx, key, contentType, r, size)
}

func (s *shelf) Open(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	if s.down {
		return nil, blob.Info{}, portal.Fail(portal.Unavailable, nil)
	}
	return s.Files.Open(ctx, key)
}

// withShelf gives the site an object store in a folder, and one invoice of ten_a.
func (s *site) withShelf() (store *shelf, folder, invoiceID string) {
	s.t.Helper()
	folder = s.t.TempDir()
	files, err := blob.NewFiles(folder, "http://localhost:8080", []byte(strings.Repeat("k", 32)), s.clock.now)
	s.must(err)
	store = &shelf{Files: files}
	s.blob = store
	_, err = s.db.Write.DB.ExecContext(s.t.Context(), "INSERT INTO tenants (id, name, created_at) VALUES ('ten_a', 'Pamir Logistics', 1)")
	s.must(err)
	s.billed("ten_a", 1)
	return store, folder, s.invoicesOf("ten_a")[0].InvoiceID
}

// fetch opens a link as a browser would, without a session.
func (s *site) fetch(store *shelf, link string) *httptest.ResponseRecorder {
	s.t.Helper()
	u, err := url.Parse(link)
	s.must(err)
	w := httptest.NewRecorder()
	store.Handler().ServeHTTP(w, httptest.NewRequestWithContext(s.t.Context(), "GET", u.RequestURI(), nil))
	return w
}

func (s *site) link(id, locale string) portal.SignedURL {
	s.t.Helper()
	var link portal.SignedURL
	s.call(200, "GET", "/v1/billing/invoices/"+id+"/pdf?locale="+locale, "user:ten_a", nil, &link)
	return link
}

// TestPDF: a document in each language behind a link that ends after five minutes; drawn once, again when it is gone, and
// anew when the invoice was paid.
func TestPDF(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		store, folder, id := s.withShelf()
		for _, locale := range locales.Tags {
			link := s.link(id, locale)
			if !link.ExpiresAt.Equal(s.clock.now().Add(linkFor)) || !strings.Contains(link.URL, id) {
				t.Errorf("%s: the link %s ends at %v", locale, link.URL, link.ExpiresAt)
			}
			w := s.fetch(store, link.URL)
			if w.Code != http.StatusOK || !bytes.HasPrefix(w.Body.Bytes(), []byte("%PDF-")) || w.Header().Get("Content-Type") != "application/pdf" ||
				!strings.Contains(w.Header().Get("Content-Disposition"), "GH-2026-000001") {
				t.Errorf("%s: %d, %d bytes, %v", locale, w.Code, w.Body.Len(), w.Header())
			}
			s.clock.advance(linkFor + time.Second)
			if w := s.fetch(store, link.URL); w.Code == http.StatusOK {
				t.Errorf("%s: the link works after its end", locale)
			}
		}
		s.link(id, "ps")
		if n := store.puts.Load(); int(n) != len(locales.Tags) {
			t.Errorf("drawn %d times for %d languages", n, len(locales.Tags))
		}
		s.must(os.RemoveAll(filepath.Join(folder, "invoices")))
		if w := s.fetch(store, s.link(id, "ps").URL); w.Code != http.StatusOK {
			t.Errorf("after the object was lost: %d", w.Code)
		}
		before := s.fetch(store, s.link(id, "en").URL).Body.Bytes()
		s.must(s.Pay(t.Context(), "GH-2026-000001"))
		if after := s.fetch(store, s.link(id, "en").URL).Body.Bytes(); bytes.Equal(before, after) {
			t.Error("a paid invoice asks for its money")
		}
	})
}

func TestPDF_AtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		store, _, id := s.withShelf()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := s.PDF(context.WithoutCancel(t.Context()), "ten_a", id, "fa-AF"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := store.puts.Load(); n > 2 { // those who come together share a drawing
			t.Errorf("drawn %d times", n)
		}
	})
}

func TestPDF_Refuses(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		store, _, id := s.withShelf()
		path := "/v1/billing/invoices/" + id + "/pdf"
		for query, status := range map[string]int{"?locale=de": 422, "?locale=": 422, "?locale=en&locale=ps": 422, "?lang=en": 400} {
			s.call(status, "GET", path+query, "user:ten_a", nil, nil)
		}
		s.call(404, "GET", path, "user:ten_b", nil, nil)
		s.call(200, "GET", path, "ghasi_ten_a:billing.read", nil, nil)
		s.call(403, "GET", path, "ghasi_ten_a:sms.read", nil, nil)
		store.down = true
		s.call(503, "GET", path+"?locale=ar", "user:ten_a", nil, nil)
		s.blob = nil
		s.call(503, "GET", path, "user:ten_a", nil, nil)
	})
}

// sampleInvoice has everything that a document can show.
func sampleInvoice(currency portal.Currency) portal.Invoice {
	october, november := time.Date(2026, 10, 1, 0, 0, 0, 0, kabul), time.Date(2026, 11, 1, 0, 0, 0, 0, kabul)
	v := portal.Invoice{
		InvoiceID: "inv_01jdex4v5m8y2k6r3t9w0b7c1d", Number: "GH-2026-000123", PeriodStart: "2026-10-01", PeriodEnd: "2026-11-01", Currency: currency,
		Status: portal.InvoiceOpen, IssuedAt: november.Add(15 * time.Minute), DueAt: november.AddDate(0, 0, 16).Add(-time.Second),
	}
	unit := map[portal.Currency]int64{portal.AFN: 750_000, portal.USD: 10_800}[currency]
	sum := int64(0)
	add := func(l portal.InvoiceLine) {
		l.UnitMicros, l.SubmittedAfter, l.SubmittedBefore = unit, october, november
		if l.Credit {
			l.SubmittedAfter, l.SubmittedBefore = october.AddDate(0, -1, 0), october
			l.AmountMicros = -int64(l.Segments) * unit
		} else {
			l.AmountMicros = int64(l.Segments) * unit
		}
		sum += l.AmountMicros
		v.Lines = append(v.Lines, l)
	}
	for i, operator := range append(slices.Clone(sms.Operators), sms.OtherOperator) {
		add(portal.InvoiceLine{Operator: operator, Messages: 1772 - 290*i, Segments: 2633 - 401*i, Refunded: 5 - i})
	}
	add(portal.InvoiceLine{Operator: "etisalat", Credit: true, Segments: 3, Refunded: 2})
	v.AmountMicros = (sum + hundredth/2) / hundredth * hundredth
	v.RoundingMicros = v.AmountMicros - sum
	return v
}

func TestSheet(t *testing.T) {
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	for locale, want := range map[string][]string{
		"en":    {"Invoice", "October 2026", "1 November 2026", "16 November 2026", "USD\u00a00.0108", "-USD\u00a00.0324"},
		"fa-AF": {"بل", "(اکتوبر ۲۰۲۶)", "۱۰ عقرب ۱۴۰۵ (۱ نومبر ۲۰۲۶)", "۲۵ عقرب ۱۴۰۵ (۱۶ نومبر ۲۰۲۶)"},
		"ps":    {"بل", "۱۰ لړم ۱۴۰۵ (۱ نومبر ۲۰۲۶)"},
		"ar":    {"فاتورة", "1 نوفمبر 2026"},
	} {
		s := newSheet(bundle.Locale(locale), sampleInvoice(portal.USD), "Kabul Courier")
		var all []string
		add := func(texts ...locales.Text) {
			for _, x := range texts {
				all = append(all, string(x))
			}
		}
		add(s.Title, s.Closing, s.BillTo.Value)
		for _, f := range append(s.Facts, s.Sums...) {
			add(f.Label, f.Value)
		}
		for _, row := range s.Rows {
			if len(row) != len(s.Columns) {
				t.Errorf("%s: a row of %d cells under %d columns", locale, len(row), len(s.Columns))
			}
			add(row...)
		}
		text := strings.Join(all, "\n")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is not in\n%s", locale, w, text)
			}
		}
		if len(s.Sums) != 2 || len(s.Rows) != 7 {
			t.Errorf("%s: %d sums, %d rows", locale, len(s.Sums), len(s.Rows))
		}
	}
}

// TestDraw_Hostile: whatever a business is called, there is a document.
func TestDraw_Hostile(t *testing.T) {
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", strings.Repeat("شرکت ", 200), "a\x00b\u202e<script>", strings.Repeat("x", 5000), "👩🏽‍🚀 \ufffd"} {
		s := newSheet(bundle.Locale("ps"), sampleInvoice(portal.AFN), name)
		if b, err := s.draw(start); err != nil || len(b) == 0 {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	s := newSheet(bundle.Locale("en"), sampleInvoice(portal.AFN), "Pamir")
	one, _ := s.draw(start)
	two, _ := s.draw(start)
	if !bytes.Equal(one, two) {
		t.Error("the same invoice gives two documents")
	}
}
