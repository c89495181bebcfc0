package blob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ghasi.io/portal/portal"
)

// Prefix is the path that [Files.Handler] is mounted at.
const Prefix = "/objects/"

// SignedURL implements [Store].
func (f *Files) SignedURL(_ context.Context, key string, o SignOptions) (link string, expires time.Time, err error) {
	if o, err = o.complete(key); err != nil {
		return "", time.Time{}, err
	}
	expires = f.now().Add(o.TTL).Truncate(time.Second)
	until, disposition := strconv.FormatInt(expires.Unix(), 10), o.disposition()
	q := url.Values{
		"expires": {until}, "disposition": {disposition},
		"signature": {base64.RawURLEncoding.EncodeToString(f.sign(key, until, disposition))},
	}
	return f.baseURL + Prefix + key + "?" + q.Encode(), expires, nil
}

// sign covers all that a link says. Lengths need no marking: neither a key nor a number has a line break.
func (f *Files) sign(key, expires, disposition string) []byte {
	h := hmac.New(sha256.New, f.key)
	_, _ = h.Write([]byte(http.MethodGet + "\n" + key + "\n" + expires + "\n" + disposition)) // a hash never fails to write
	return h.Sum(nil)
}

// valid reports whether a link is ours and has not expired.
func (f *Files) valid(key string, q url.Values) bool {
	given, err := base64.RawURLEncoding.DecodeString(q.Get("signature"))
	if err != nil || !hmac.Equal(given, f.sign(key, q.Get("expires"), q.Get("disposition"))) {
		return false
	}
	until, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	return err == nil && f.now().Unix() < until
}

// Handler serves the links: GET and HEAD below [Prefix], whole or by ranges.
func (f *Files) Handler() http.Handler { return http.HandlerFunc(f.serve) }

func (f *Files) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	key, _ := strings.CutPrefix(r.URL.Path, Prefix)
	q := r.URL.Query()
	if !f.valid(key, q) {
		f.expired.ServeHTTP(w, r)
		return
	}
	file, info, err := f.open(key)
	switch {
	case portal.CodeOf(err) == portal.NotFound: // the link was good: the document has been deleted since
		f.expired.ServeHTTP(w, r)
		return
	case err != nil:
		f.onFault(err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer file.Close() //nolint:errcheck // only read
	h.Set("Content-Type", info.ContentType)
	h.Set("Content-Disposition", q.Get("disposition"))
	http.ServeContent(w, r, "", info.Modified, file)
}
