package auth

import (
	"net/http"
	"net/netip"

	"ghasi.io/portal/platform/access"
)

// A portal asks for tokens on a person's behalf, and says in these headers who that is. They are shown to that person
// alone, in the list of their sessions; nothing is decided by them, since any caller can write what it likes.
const (
	headerAgent = "Ghasi-Client-User-Agent"
	headerIP    = "Ghasi-Client-Ip"
)

// maxAgent bounds what is kept of a User-Agent, in bytes.
const maxAgent = 256

// device is what a session is recognised by.
type device struct{ agent, ip string }

func deviceOf(r *http.Request) device {
	d := device{agent: r.Header.Get(headerAgent), ip: r.Header.Get(headerIP)}
	if d.agent == "" {
		d.agent = r.UserAgent()
	}
	d.agent = printable(d.agent, maxAgent)
	ip, err := netip.ParseAddr(d.ip)
	if err != nil {
		d.ip = access.ClientIP(r)
		return d
	}
	d.ip = ip.Unmap().WithZone("").String()
	return d
}

// printable keeps the printable ASCII of s, at most limit bytes.
func printable(s string, limit int) string {
	b := make([]byte, 0, min(len(s), limit))
	for i := 0; i < len(s) && len(b) < limit; i++ {
		if s[i] >= ' ' && s[i] <= '~' {
			b = append(b, s[i])
		}
	}
	return string(b)
}
