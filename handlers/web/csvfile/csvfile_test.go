package csvfile

import (
	"bytes"
	"encoding/csv"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
)

// serve answers one request with what write does, over a real connection.
func serve(t *testing.T, write func(*gin.Context)) (*http.Response, []byte, error) {
	t.Helper()
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.GET("/", write)
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	res, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

func TestFile(t *testing.T) {
	res, body, err := serve(t, func(c *gin.Context) {
		f := Start(c, "invoices.csv", Text("شماره"), Text("Amount, net"))
		f.Row(Text("GH-2026-000123"), Micros(84_210_000_000))
		f.Row(Text("a \"quoted\"\nname"), Micros(-12_500_000))
		f.Row(Cell{}, Int(-3))
		if err := f.Flush(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/csv; charset=utf-8; header=present", "Content-Disposition": `attachment; filename="invoices.csv"`, "Cache-Control": "no-store",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	text, marked := bytes.CutPrefix(body, []byte("\xef\xbb\xbf"))
	if !marked {
		t.Error("no byte order mark: a spreadsheet would not know the script")
	}
	if n, crlf := bytes.Count(text, []byte("\n")), bytes.Count(text, []byte("\r\n")); n != crlf {
		t.Errorf("%d line ends, %d of them CRLF", n, crlf)
	}
	got, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"شماره", "Amount, net"}, {"GH-2026-000123", "84210.00"}, {"a \"quoted\"\nname", "-12.50"}, {"", "-3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestText_Formula: whatever a spreadsheet evaluates is text in ours.
func TestText_Formula(t *testing.T) {
	for _, s := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1", "－1", "＠SUM(A1)",
		`=HYPERLINK("https://evil.example","pay")`, `=cmd|' /C calc'!A0`, `-2+3+cmd|' /C calc'!A0`, "+93791234567",
	} {
		if got := Text(s).text; got != "'"+s {
			t.Errorf("Text(%q) = %q", s, got)
		}
	}
	for _, s := range []string{"", "PAMIR", "1-2", "a=b", "هرات", "2026-11-30", "'=1", " =1"} {
		if got := Text(s).text; got != s {
			t.Errorf("Text(%q) = %q", s, got)
		}
	}
}

func TestMicros(t *testing.T) {
	for micros, want := range map[int64]string{
		0: "0.00", 1: "0.000001", 325_000: "0.325", 500_000: "0.50", 1_000_000: "1.00", 84_210_000_000: "84210.00", -10_000: "-0.01", 1_230_000: "1.23",
		math.MaxInt64: "9223372036854.775807", math.MinInt64: "-9223372036854.775808",
	} {
		if got := Micros(micros).text; got != want {
			t.Errorf("Micros(%d) = %q, want %q", micros, got, want)
		}
	}
}

// TestFlush_Deadline: a file that takes longer than the server gives a page arrives whole.
func TestFlush_Deadline(t *testing.T) {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.GET("/", func(c *gin.Context) {
		f := Start(c, "slow.csv", Text("n"))
		for i := range 4 {
			f.Row(Int(i))
			if err := f.Flush(); err != nil {
				t.Error(err)
			}
			time.Sleep(60 * time.Millisecond)
		}
	})
	s := httptest.NewUnstartedServer(r)
	s.Config.WriteTimeout = 100 * time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	res, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != "\ufeffn\r\n0\r\n1\r\n2\r\n3\r\n" {
		t.Errorf("%q, %v", body, err)
	}
}

// TestAbort: half a file is a failed download.
func TestAbort(t *testing.T) {
	_, body, err := serve(t, func(c *gin.Context) {
		f := Start(c, "invoices.csv", Text("Number"))
		f.Row(Text("GH-1"))
		if err := f.Flush(); err != nil {
			t.Error(err)
		}
		f.Abort()
	})
	if err == nil {
		t.Errorf("the download ended as if it were whole: %q", body)
	}
	if !strings.Contains(string(body), "GH-1") {
		t.Errorf("what was flushed has not arrived: %q", body)
	}
}
