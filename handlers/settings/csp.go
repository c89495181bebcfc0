package settings

import (
	"slices"
	"strings"
)

// parseCSP reads the policies of a response into one: of a directive that occurs twice the first counts.
func parseCSP(headers []string) map[string][]string {
	csp := map[string][]string{}
	for _, header := range headers {
		for policy := range strings.SplitSeq(header, ",") {
			for directive := range strings.SplitSeq(policy, ";") {
				words := strings.Fields(directive)
				if len(words) == 0 {
					continue
				}
				name := strings.ToLower(words[0])
				if _, known := csp[name]; !known {
					csp[name] = words[1:]
				}
			}
		}
	}
	return csp
}

var (
	broad  = []string{"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
	unsafe = append([]string{"'unsafe-inline'", "data:"}, broad...)
)

// anyOf reports whether a list of sources has one of these.
func anyOf(sources, these []string) bool {
	return slices.ContainsFunc(sources, func(s string) bool { return slices.Contains(these, s) })
}

func plainHTTP(s string) bool { return strings.HasPrefix(s, "http:") || strings.HasPrefix(s, "ftp:") }

// sourcesOf is what a directive allows: what default-src does when it is absent, everything when that is absent too. A nonce or a
// digest makes browsers ignore 'unsafe-inline'.
func sourcesOf(csp map[string][]string, name string) []string {
	sources, ok := csp[name]
	if !ok {
		sources, ok = csp["default-src"]
	}
	if !ok {
		return []string{"*"}
	}
	if slices.ContainsFunc(sources, func(s string) bool { return strings.HasPrefix(s, "'nonce-") || strings.HasPrefix(s, "'sha") }) {
		sources = slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return s == "'unsafe-inline'" })
	}
	return sources
}

// cspResult judges a policy in the Observatory's order: the first rule that is broken names the result.
func cspResult(csp map[string][]string, reporting bool) string {
	if len(csp) == 0 {
		if reporting {
			return "csp-not-implemented-but-reporting-enabled"
		}
		return "csp-not-implemented"
	}
	script, style, object := sourcesOf(csp, "script-src"), sourcesOf(csp, "style-src"), sourcesOf(csp, "object-src")
	var active, passive []string
	for name, sources := range csp {
		if name != "img-src" && name != "media-src" && name != "script-src" {
			active = append(active, sources...)
		}
	}
	active = append(active, script...)
	for _, name := range []string{"img-src", "media-src"} {
		if sources, ok := csp[name]; ok {
			passive = append(passive, sources...)
		} else {
			passive = append(passive, csp["default-src"]...)
		}
	}
	switch {
	case anyOf(script, unsafe) || anyOf(object, broad):
		return "csp-implemented-with-unsafe-inline"
	case slices.ContainsFunc(active, plainHTTP):
		return "csp-implemented-with-insecure-scheme"
	case slices.Contains(script, "'unsafe-eval'") || slices.Contains(style, "'unsafe-eval'"):
		return "csp-implemented-with-unsafe-eval"
	case slices.ContainsFunc(passive, plainHTTP):
		return "csp-implemented-with-insecure-scheme-in-passive-content-only"
	case anyOf(style, unsafe):
		return "csp-implemented-with-unsafe-inline-in-style-src-only"
	case slices.Equal(csp["default-src"], []string{"'none'"}):
		return "csp-implemented-with-no-unsafe-default-src-none"
	}
	return "csp-implemented-with-no-unsafe"
}
