package cspreport

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ghasi.io/portal/portal"
)

const (
	maxField  = 200         // runes kept of any one field
	integrity = "integrity" // the directive of a file that has not the digest its page names
	other     = "other"
)

// directives are what a report may be about: of a closed set, because each is a label of a metric.
var directives = []string{
	"base-uri", "child-src", "connect-src", "default-src", "font-src", "form-action", "frame-ancestors", "frame-src",
	"img-src", "manifest-src", "media-src", "object-src", "require-trusted-types-for", "sandbox", "script-src",
	"script-src-attr", "script-src-elem", "style-src", "style-src-attr", "style-src-elem", "trusted-types",
	"upgrade-insecure-requests", "worker-src", integrity,
}

// words are the blocked-uri values that are no address.
var words = []string{"inline", "eval", "wasm-eval", "self", "trusted-types-policy", "trusted-types-sink"}

// clean appends the report of one violation, unless it is of another host's page.
func clean(list []portal.PolicyReport, host, directive, blocked, document, disposition string) []portal.PolicyReport {
	page, err := url.Parse(document)
	if err != nil || page.Host != host {
		return list
	}
	if disposition != "report" {
		disposition = "enforce"
	}
	return append(list, portal.PolicyReport{
		Directive: directiveOf(directive), Source: source(blocked, host), Route: route(page.Path),
		Disposition: disposition, Count: 1,
	})
}

// directiveOf reads a directive's name; old browsers send its value with it.
func directiveOf(s string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	if name = strings.ToLower(name); slices.Contains(directives, name) {
		return name
	}
	return other
}

// source is what was refused, without what may hold a secret or make every report another: a path of ours without its
// query, the origin of others, the scheme of what has no origin.
func source(s, host string) string {
	if slices.Contains(words, s) {
		return s
	}
	if s == "" {
		return "inline"
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "unreadable"
	case u.Scheme == "": // "data", "blob": browsers cut those down to the scheme
		return printable(s)
	case u.Host == host:
		return route(u.Path)
	case u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "wss" || u.Scheme == "ws":
		return printable(u.Scheme + "://" + u.Host)
	default: // chrome-extension://… is the visitor's own
		return printable(u.Scheme + ":")
	}
}

// ids are the segments of a path that name one thing: msg_01k9…, a UUID, a number.
var ids = regexp.MustCompile(`^([a-z]{2,8}_[0-9A-Za-z]+|[0-9a-fA-F-]{32,36}|\d+)$`)

// route is a path with its ids taken out.
func route(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if ids.MatchString(s) {
			segments[i] = "{id}"
		}
	}
	if path == "" {
		return "/"
	}
	return printable(strings.Join(segments, "/"))
}

// printable keeps the first characters of s that can't disturb a log or a page.
func printable(s string) string {
	out := make([]rune, 0, min(len(s), maxField))
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if len(out) == maxField {
			break
		}
		if unicode.IsPrint(r) {
			out = append(out, r)
		}
	}
	return string(out)
}
