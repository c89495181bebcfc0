package webhooks

import (
	"errors"
	"net/netip"
	"syscall"
)

// notPublic are the addresses that nobody outside can be reached by (IANA's special-purpose registries, and what is
// not handed out).
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23",     // protocol assignments, among them Teredo, which holds an IPv4 address
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4 holds an IPv4 address
	"3fff::/20",     // documentation
)

var (
	globalUnicast = netip.MustParsePrefix("2000::/3") // all that is handed out of IPv6
	nat64         = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		list[i] = netip.MustParsePrefix(t)
	}
	return list
}

// errRefused is the error of a connection to an address that is not public.
var errRefused = errors.New("webhooks: the address is not public")

// guard keeps webhooks away from our own network (server-side request forgery).
type guard struct {
	loopback bool // this machine is allowed
}

// allows reports whether an address may be connected to.
func (g guard) allows(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	if ip.IsLoopback() {
		return g.loopback
	}
	if nat64.Contains(ip) { // where there is IPv6 alone, every IPv4 address comes in this form
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.Is6() && !globalUnicast.Contains(ip) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// allowsPort keeps to where HTTPS is served, away from mail, databases' neighbours and the like below 1024.
func allowsPort(port uint16) bool { return port == 443 || port >= 1024 }

// control is a net.Dialer's: it sees the address that is really connected to, whatever the name said before.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !g.allows(ap.Addr()) || !allowsPort(ap.Port()) {
		return errRefused
	}
	return nil
}
