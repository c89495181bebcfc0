package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/orisano/pixelmatch"
)

// visualNow is the moment of all pictures: data, relative times and calendars stand still.
var visualNow = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

const (
	visualFolder = "testdata/visual"
	visualHeight = 1000 // of the longest picture: what is below repeats
	// tolerance is the share of pixels that may differ. Another version of the browser draws letters a little differently.
	tolerance, otherBrowser = 0.0005, 0.03
)

// picture is a page that people come to by the navigation.
type picture struct{ name, as, path string }

var pictures = []picture{
	{"login", "", "/login"},
	{"dashboard", customer, "/dashboard"},
	{"messages", customer, "/messages"},
	{"send-test", customer, "/send-test"},
	{"api-keys", customer, "/api-keys"},
	{"webhooks", customer, "/webhooks"},
	{"developers", customer, "/developers"},
	{"invoices", manager, "/billing"},
	{"usage", customer, "/billing?tab=usage"},
	{"settings", customer, "/settings"},
	{"security", customer, "/settings/security"},
	{"audit", customer, "/settings/audit"},
	{"tenants", staff, "/admin/tenants"},
}

// visualSizes: all widths in the languages that the portal is for, one in the others.
var visualSizes = map[string][]int64{"ps": {320, 768, 1280}, "fa-AF": {320, 768, 1280}, "en": {1280}, "ar": {1280}}

// still makes a page look the same every time: no motion, no caret, and ids and hashes, which are random, say nothing.
const still = `(async () => {
	await document.fonts.ready;
	const sheet = new CSSStyleSheet();
	sheet.replaceSync("*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important }");
	document.adoptedStyleSheets = [sheet];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		walker.currentNode.data = walker.currentNode.data
			.replace(/\b([a-z]{2,4})_[0-9a-z]{26}\b/g, "$1_01h0000000000000000000000x")
			.replace(/\b[0-9a-f]{12}\b/g, "0123456789ab")
			.replace(/localhost:\d+/g, "localhost:8080");
	}
	document.activeElement?.blur();
	return Math.ceil(document.documentElement.getBoundingClientRect().height);
})()`

// TestVisual compares every page with its kept picture. UPDATE_VISUAL=1 (make visual) keeps what is there now; look at
// the difference before committing it. A failure leaves three pictures in e2e/out/visual: was, is, and what differs.
func TestVisual(t *testing.T) {
	s, err := startAt(t.TempDir(), nil, func() time.Time { return visualNow })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop app: %v", err)
		}
	})
	allowed := tolerance
	if kept, now := keptBrowser(t), browserVersion(t); kept != now {
		t.Logf("the pictures were drawn by %s, this is %s: comparing loosely", kept, now)
		allowed = otherBrowser
	}
	for _, locale := range []string{"ps", "fa-AF", "en", "ar"} {
		for _, as := range []string{"", customer, manager, staff} {
			b := newTab(t, s, look{locale: locale})
			b.setCookie(&http.Cookie{Name: "__locale", Value: locale})
			if as != "" {
				b.as(someone(t, s, as))
			}
			for _, p := range pictures {
				if p.as != as {
					continue
				}
				for _, width := range visualSizes[locale] {
					name := fmt.Sprintf("%s-%s-%d", p.name, locale, width)
					t.Run(name, func(t *testing.T) { compare(t, name, b.picture(p.path, width), allowed) })
				}
			}
		}
	}
}

// picture draws a page.
func (b *tab) picture(path string, width int64) image.Image {
	b.t.Helper()
	b.look(width, "light")
	b.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kabul"})
		return err
	})
	b.visit(path)
	height := min(eval[int64](b, still), visualHeight)
	b.do(chromedp.EmulateViewport(width, max(height, 400)))
	eval[bool](b, settled)
	var data []byte
	b.call(func(ctx context.Context) error {
		shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "png"})
		data = shot.Data
		return err
	})
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		b.t.Fatal(err)
	}
	return img
}

// compare holds a picture against the kept one.
func compare(t *testing.T, name string, is image.Image, allowed float64) {
	t.Helper()
	file := filepath.Join(visualFolder, name+".png")
	was, err := readPNG(file)
	if updating() {
		if err != nil || differing(was, is, nil) > 0 {
			writePNG(t, file, is)
		}
		return
	}
	if errors.Is(err, fs.ErrNotExist) {
		writePNG(t, filepath.Join("out", "visual", name+".is.png"), is)
		t.Fatalf("no picture %s is kept: look at e2e/out/visual, then make visual", file)
	} else if err != nil {
		t.Fatal(err)
	}
	var difference image.Image
	share := differing(was, is, &difference)
	if share <= allowed {
		return
	}
	out := filepath.Join("out", "visual", name)
	writePNG(t, out+".was.png", was)
	writePNG(t, out+".is.png", is)
	writePNG(t, out+".diff.png", difference)
	t.Errorf("%s: %.2f %% of the picture differ (%v, now %v): see e2e/%s.{was,is,diff}.png; make visual accepts it",
		name, share*100, was.Bounds().Size(), is.Bounds().Size(), out)
}

// differing returns the share of pixels that differ, 1 for pictures of other sizes.
func differing(was, is image.Image, difference *image.Image) float64 {
	if was.Bounds() != is.Bounds() {
		if difference != nil {
			*difference = is
		}
		return 1
	}
	options := []pixelmatch.MatchOption{pixelmatch.Threshold(0.1)}
	if difference != nil {
		options = append(options, pixelmatch.WriteTo(difference))
	}
	n, err := pixelmatch.MatchPixel(was, is, options...)
	if err != nil {
		return 1
	}
	return float64(n) / float64(was.Bounds().Dx()*was.Bounds().Dy())
}

func updating() bool {
	return os.Getenv("UPDATE_VISUAL") != "" //nolint:forbidigo // a switch for whoever accepts a new look
}

func readPNG(file string) (image.Image, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it has been read
	return png.Decode(f)
}

func writePNG(t *testing.T, file string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func browserVersion(t *testing.T) string {
	t.Helper()
	b := newTab(t, shared, look{})
	agent := eval[string](b, `navigator.userAgentData?.brands?.map(b => b.brand + " " + b.version).sort().join(", ") ?? navigator.userAgent`)
	return strings.TrimSpace(agent)
}

// keptBrowser is the browser that drew the kept pictures.
func keptBrowser(t *testing.T) string {
	t.Helper()
	file := filepath.Join(visualFolder, "browser.txt")
	if updating() {
		if err := os.MkdirAll(visualFolder, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(browserVersion(t)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(kept))
}

// TestVisual_NothingIsLeftOver: a picture that no page is compared with would rot.
func TestVisual_NothingIsLeftOver(t *testing.T) {
	var want []string
	for _, p := range pictures {
		for locale, widths := range visualSizes {
			for _, width := range widths {
				want = append(want, fmt.Sprintf("%s-%s-%d.png", p.name, locale, width))
			}
		}
	}
	files, err := filepath.Glob(visualFolder + "/*.png")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(want, filepath.Base(f)) {
			t.Errorf("%s is of no page", f)
		}
	}
	if len(files) != len(want) {
		t.Errorf("%d pictures are kept of %d", len(files), len(want))
	}
}
