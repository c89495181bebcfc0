package auth

import (
	"encoding/json"
	"net/http"
	"time"
)

const (
	outcomeLife = time.Minute
	outcomePath = "/login"
	outcomeName = CookieSignIn + "/outcome" // what the value is bound to: it can't stand in for a sign-in under way
)

// outcome is what the sign-in page is told about the sign-in that has just failed. The provider's words travel in a
// sealed cookie, not in the URL, or anybody could put words on our page by a link.
type outcome struct {
	Detail  string `json:"d"`
	Expires int64  `json:"e"` // Unix seconds
}

// KeepDetail keeps a failure's Detail for the sign-in page that the browser is being redirected to.
func (s *Service) KeepDetail(w http.ResponseWriter, f *Failure) error {
	if f.Detail == "" {
		return nil
	}
	plain, err := json.Marshal(outcome{Detail: f.Detail, Expires: s.now().Add(outcomeLife).Unix()})
	if err != nil {
		return err
	}
	sealed, err := s.seal.seal(outcomeName, string(plain))
	if err != nil {
		return err
	}
	setCookie(w, laxCookie(sealed, outcomePath, outcomeLife))
	return nil
}

// TakeDetail returns the detail kept for this browser, once.
func (s *Service) TakeDetail(w http.ResponseWriter, r *http.Request) string {
	cookie, err := r.Cookie(CookieSignIn)
	if err != nil {
		return ""
	}
	setCookie(w, laxCookie("", outcomePath, -1))
	plain, _, ok := s.seal.open(outcomeName, cookie.Value)
	var o outcome
	if !ok || json.Unmarshal([]byte(plain), &o) != nil || s.now().Unix() > o.Expires {
		return ""
	}
	return o.Detail
}
