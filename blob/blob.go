// Package blob keeps documents under keys, on a local disk or in an S3 bucket, and makes links to them that work without
// a session until they expire.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"ghasi.io/portal/portal"
)

// Store keeps documents. Safe for concurrent use. A key is a path such as "qbr/ten_…/qbr_….pdf"; its ending is one of
// [Types].
type Store interface {
	// Put stores what r gives under key, in place of what was there: readers see the old document or the new one, never a
	// part. contentType must be the one that belongs to the key's ending; size is in bytes, and r must give just as many.
	Put(ctx context.Context, key, contentType string, r io.Reader, size int64) error
	// Open returns a document, which the caller closes. Errors: NotFound; Unavailable.
	Open(ctx context.Context, key string) (io.ReadCloser, Info, error)
	// Delete removes a document. Deleting what is not there is no error.
	Delete(ctx context.Context, key string) error
	// SignedURL makes a link that gives the document to whoever has it. It does not look whether it is there.
	SignedURL(ctx context.Context, key string, o SignOptions) (link string, expires time.Time, err error)
}

// Info describes a stored document.
type Info struct {
	ContentType string
	Size        int64 // bytes
	Modified    time.Time
}

// SignOptions say what a link gives, and for how long.
type SignOptions struct {
	Filename    string        // that a browser saves it under, in any script; empty: the key's last part
	ContentType string        // empty, or the one that belongs to the key
	TTL         time.Duration // up to 7 days; 0 is 15 minutes
	Inline      bool          // a browser shows it where it can, and saves it otherwise
}

// Types says which kinds of documents are kept, by the ending of the key. None of them runs as script on our origin.
var Types = map[string]string{
	".pdf":    "application/pdf",
	".csv":    "text/csv; charset=utf-8",
	".json":   "application/json",
	".ndjson": "application/x-ndjson",
	".txt":    "text/plain; charset=utf-8",
	".zip":    "application/zip",
	".png":    "image/png",
}

const (
	defaultTTL = 15 * time.Minute
	maxTTL     = 7 * 24 * time.Hour // S3's own limit
	maxKey     = 300
)

// keyShape keeps out "..", hidden files and whatever a file system or a URL reads in its own way.
var keyShape = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$`)

// typeOf checks a key and returns the content type that belongs to it. A bad key is a fault of the code.
func typeOf(key string) (string, error) {
	if len(key) > maxKey || !keyShape.MatchString(key) {
		return "", fmt.Errorf("blob: %q is no key", key)
	}
	t, ok := Types[path.Ext(key)]
	if !ok {
		return "", fmt.Errorf("blob: %q ends in no known type", key)
	}
	return t, nil
}

// check is [typeOf] that also holds contentType to it; empty agrees with any.
func check(key, contentType string) (string, error) {
	t, err := typeOf(key)
	if err == nil && contentType != "" && contentType != t {
		err = fmt.Errorf("blob: %q cannot be %s", key, contentType)
	}
	return t, err
}

// complete checks o and fills in what it leaves open.
func (o SignOptions) complete(key string) (SignOptions, error) {
	t, err := check(key, o.ContentType)
	if err != nil {
		return o, err
	}
	o.ContentType = t
	if o.TTL == 0 {
		o.TTL = defaultTTL
	}
	if o.TTL < time.Second || o.TTL > maxTTL {
		return o, fmt.Errorf("blob: a link for %s", o.TTL)
	}
	if o.Filename == "" {
		o.Filename = path.Base(key)
	}
	return o, nil
}

// disposition is the Content-Disposition header of RFC 6266: the name twice, as ASCII for what reads no other, and as
// UTF-8.
func (o SignOptions) disposition() string {
	kind := "attachment"
	if o.Inline {
		kind = "inline"
	}
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/:*?<>|%;`, r) {
			return '_'
		}
		return r
	}, o.Filename)
	utf := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, o.Filename)
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, kind, ascii, strings.ReplaceAll(url.QueryEscape(utf), "+", "%20"))
}

// errShort tells that a writer promised another number of bytes.
var errShort = errors.New("blob: the document has another size than was said")

func notFound(key string) error {
	return portal.Fail(portal.NotFound, fmt.Errorf("no document %s", key))
}
