package webhooks

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

func TestGuard(t *testing.T) {
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "103.5.172.1": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.0.1": true, "100.128.0.1": true,
		"2606:4700::1111": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true,
		"0.0.0.0": false, "10.0.0.1": false, "100.64.0.1": false, "127.0.0.1": false, "127.8.8.8": false, "169.254.169.254": false,
		"172.16.0.1": false, "172.31.255.255": false, "192.168.0.1": false, "192.0.2.1": false, "198.18.0.1": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fec0::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false,
		"::ffff:10.0.0.1": false, "::ffff:127.0.0.1": false, "::10.0.0.1": false, "64:ff9b::a00:1": false, "64:ff9b::7f00:1": false,
		"64:ff9b:1::1": false, "2002:a00:1::1": false, "2001::1": false, "2001:db8::1": false, "3fff::1": false, "4000::1": false,
	} {
		if got := (guard{}).allows(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %t", ip, got)
		}
	}
	for ip, want := range map[string]bool{"127.0.0.1": true, "::1": true, "::ffff:127.0.0.1": true, "10.0.0.1": false, "169.254.169.254": false, "64:ff9b::7f00:1": false} {
		if got := (guard{loopback: true}).allows(netip.MustParseAddr(ip)); got != want {
			t.Errorf("with loopback, %s: %t", ip, got)
		}
	}
	for address, want := range map[string]bool{"8.8.8.8:443": true, "8.8.8.8:25": false, "8.8.8.8:8443": true, "10.0.0.1:443": false, "nonsense": false} {
		if got := (guard{}).control("tcp", address, nil) == nil; got != want {
			t.Errorf("dial %s: %t", address, got)
		}
	}
}

// names is a DNS server on loopback whose answers a test changes.
type names struct {
	mu      sync.Mutex
	address netip.Addr
}

func (n *names) set(ip string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.address = netip.MustParseAddr(ip)
}

// resolver asks the server, over a pipe of our own instead of the network.
func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go n.serve(theirs)
		return ours, nil
	}}
}

// serve answers queries in the form that DNS has over a stream: two bytes of length, then the message.
func (n *names) serve(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // a test's
	buf := make([]byte, 2048)
	for {
		size, err := conn.Read(buf)
		if err != nil {
			return
		}
		if size == 2 { // the length came alone
			more, err := conn.Read(buf[2:])
			if err != nil {
				return
			}
			size += more
		}
		var query dnsmessage.Message
		if query.Unpack(buf[2:size]) != nil {
			return
		}
		n.mu.Lock()
		ip := n.address
		n.mu.Unlock()
		reply := dnsmessage.Message{Header: dnsmessage.Header{ID: query.ID, Response: true, RecursionAvailable: true}, Questions: query.Questions}
		q := query.Questions[0]
		if q.Type == dnsmessage.TypeA && ip.Is4() {
			reply.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: ip.As4()},
			}}
		}
		packed, err := reply.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append([]byte{byte(len(packed) >> 8), byte(len(packed))}, packed...)); err != nil {
			return
		}
	}
}

// TestRebinding: a name that pointed to the world when its URL was saved, and to our own network when a delivery is
// made, is refused where it counts.
func TestRebinding(t *testing.T) {
	dns := &names{}
	dns.set("127.0.0.1")
	loopback := true
	s := newSite(t, dbtest.Open(t, nil), trust, func(o *Options) { o.Resolver, o.AllowLoopback = dns.resolver(), loopback })
	rec := receive(t, nil)
	url := strings.Replace(rec.URL, "127.0.0.1", "example.com", 1) // the name that the receiver's certificate is for
	hook := s.add(url)
	if hook.Check == nil || hook.Check.Verdict != verdictOK || hook.Check.Addresses[0] != "127.0.0.1" {
		t.Errorf("look: %+v", hook.Check)
	}
	s.happen(portal.StatusSent, 1)
	s.deliver()
	if n := len(rec.all()); n != 1 {
		t.Fatalf("%d requests while the name is good", n)
	}
	s.svc.sender.transport.CloseIdleConnections()
	for _, ip := range []string{"10.1.2.3", "169.254.169.254", "192.168.0.1"} {
		dns.set(ip)
		s.happen(portal.StatusSent, 1)
		s.deliver()
		if a := s.attempts(hook.WebhookID)[0]; a.Error != errAddress || a.StatusCode != 0 {
			t.Errorf("%s: %+v", ip, a)
		}
		if got := s.refusal("POST", "/v1/webhooks", "a", portal.NewWebhook{URL: url + "/x", Events: portal.WebhookEvents}); got != "422 url:refused_address" {
			t.Errorf("%s at saving: %s", ip, got)
		}
	}
	loopback = false // and this machine itself, without the setting
	closed := s.service(s.db, trust, func(o *Options) { o.Resolver, o.AllowLoopback = dns.resolver(), false })
	dns.set("127.0.0.1")
	s.happen(portal.StatusSent, 1)
	deliver(t, closed)
	if a := s.attempts(hook.WebhookID)[0]; a.Error != errAddress || len(rec.all()) != 1 {
		t.Errorf("loopback: %+v", a)
	}
}

// TestLook_ShowsNothingInside: a look at a URL does not read our own network's names to anybody.
func TestLook_ShowsNothingInside(t *testing.T) {
	dns := &names{}
	s := newSite(t, dbtest.Open(t, nil), trust, func(o *Options) { o.Resolver = dns.resolver() })
	for _, ip := range []string{"10.1.2.3", "169.254.169.254"} {
		dns.set(ip)
		var check portal.WebhookCheck
		s.call(200, "POST", "/v1/webhooks/check", "a", map[string]string{"url": "https://example.com/"}, &check)
		if check.Verdict != verdictRefused || len(check.Addresses) != 0 {
			t.Errorf("%s: %+v", ip, check)
		}
	}
}
