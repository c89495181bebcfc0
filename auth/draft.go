package auth

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// CookieDraft is a form that was sent after its session had ended. What does not fit goes on in CookieDraft + "1"
	// and so on.
	CookieDraft = "__draft"

	draftLife  = 10 * time.Minute
	maxDraft   = 8 << 10 // bytes of JSON
	draftChunk = 2000    // bytes; sealed, they still fit a cookie
	maxChunks  = 3       // a proxy with 16 KB for headers takes them beside the session
)

var errDraftTooLong = errors.New("draft longer than is kept")

// Draft is what somebody typed into a form whose session had ended when they sent it.
type Draft struct {
	Page   string     `json:"p"` // the local path that shows the form
	Values url.Values `json:"v"`

	Owner   string `json:"o"` // user id; empty when nothing said who it was
	Expires int64  `json:"e"` // Unix seconds
}

// KeepDraft keeps a form, sealed, in this browser. Never give it a password or a key.
func (s *Service) KeepDraft(w http.ResponseWriter, r *http.Request, page string, values url.Values) error {
	plain, err := json.Marshal(Draft{Page: page, Values: values, Owner: s.lastUser(r), Expires: s.now().Add(draftLife).Unix()})
	if err != nil {
		return err
	}
	if len(plain) > maxDraft {
		return errDraftTooLong
	}
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return err
	}
	_, err = z.Write(plain)
	if err = errors.Join(err, z.Close()); err != nil {
		return err
	}
	if packed.Len() > draftChunk*maxChunks {
		return errDraftTooLong
	}
	var cookies []*http.Cookie
	for b := packed.Bytes(); len(b) > 0; b = b[min(len(b), draftChunk):] {
		name := draftName(len(cookies))
		sealed, err := s.seal.seal(name, string(b[:min(len(b), draftChunk)]))
		if err != nil {
			return err
		}
		cookies = append(cookies, strictCookie(name, sealed, draftLife))
	}
	s.DropDraft(w) // the parts of a longer one before
	for _, c := range cookies {
		setCookie(w, c)
	}
	return nil
}

// lastUser is who the session of r belonged to, "" when it has left nothing. The cookie's seal is ours, so the token in it
// was good once; that it has ended does not matter here.
func (s *Service) lastUser(r *http.Request) string {
	if u := UserFrom(r.Context()); u != nil {
		return u.ID
	}
	var c claims
	if sess := s.readSession(r); sess.access == "" {
		return ""
	} else if _, _, err := jwt.NewParser().ParseUnverified(sess.access, &c); err != nil {
		return ""
	}
	return c.Subject
}

// DraftOf returns the form that this browser keeps for user; false when there is none, or it is somebody else's.
func (s *Service) DraftOf(r *http.Request, user *User) (Draft, bool) {
	var packed bytes.Buffer
	for i := range maxChunks {
		cookie, err := r.Cookie(draftName(i))
		if err != nil {
			break
		}
		part, _, ok := s.seal.open(draftName(i), cookie.Value)
		if !ok {
			return Draft{}, false
		}
		packed.WriteString(part)
	}
	if packed.Len() == 0 {
		return Draft{}, false
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(&packed), maxDraft+1))
	var d Draft
	if err != nil || len(plain) > maxDraft || json.Unmarshal(plain, &d) != nil {
		return Draft{}, false
	}
	mine := d.Owner == "" || user != nil && d.Owner == user.ID
	return d, mine && s.now().Unix() <= d.Expires
}

// DropDraft forgets the draft.
func (s *Service) DropDraft(w http.ResponseWriter) {
	for i := range maxChunks {
		setCookie(w, strictCookie(draftName(i), "", -1))
	}
}

func draftName(i int) string {
	if i == 0 {
		return CookieDraft
	}
	return fmt.Sprintf("%s%d", CookieDraft, i)
}
