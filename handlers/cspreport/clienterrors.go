package cspreport

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/portal"
)

// clientError is what static/src/boot.js sends of an asset that a browser refused (its digest is wrong) or could not load:
// to the script it looks the same.
type clientError struct {
	Kind      string `json:"kind"` // "script", "style" or "font"
	URL       string `json:"url"`
	Integrity string `json:"integrity"`
	Build     string `json:"build"` // of the page, which may be older than ours
	Page      string `json:"page"`  // address of the page, without its query
}

// builds are what a build is called.
var builds = regexp.MustCompile(`^[\w.+-]{1,64}$`)

// clientError handles POST /client-errors.
func (h *Handlers) clientError(c *gin.Context) error {
	kind, body, err := read(c)
	if err != nil {
		return err
	}
	if kind != "application/json" {
		return portal.Fail(portal.Invalid, errors.New("not JSON"))
	}
	var e clientError
	if err := json.Unmarshal(body, &e); err != nil {
		return portal.Fail(portal.Invalid, err)
	}
	asset, err := url.Parse(e.URL)
	if err != nil || asset.Host != c.Request.Host || !strings.HasPrefix(asset.Path, "/assets/") {
		return portal.Fail(portal.Invalid, errors.New("not one of our assets"))
	}
	switch e.Kind {
	case "script", "style", "font":
	default:
		e.Kind = other
	}
	if !builds.MatchString(e.Build) {
		e.Build = "unknown"
	}
	h.o.Metrics.ClientError(e.Kind)
	return h.take(c, "asset refused", e.Build, clean(nil, c.Request.Host, integrity, e.URL, e.Page, "enforce"))
}
