package webhooks

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"time"

	"ghasi.io/portal/portal"
)

// What a look at a URL can find.
const (
	verdictOK          = "ok"
	verdictUnresolved  = "unresolved"
	verdictRefused     = "refused"
	verdictNoTLS       = "no_tls"
	verdictUnreachable = "unreachable"
)

const (
	// lookTimeout bounds a look whole: a person waits for it.
	lookTimeout    = 3 * time.Second
	resolveTimeout = 1500 * time.Millisecond
	maxAddresses   = 8
)

// look finds out where a URL points. It posts nothing.
func (s *Service) look(ctx context.Context, u *url.URL) portal.WebhookCheck {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	check := portal.WebhookCheck{Addresses: []string{}}
	resolving, stop := context.WithTimeout(ctx, resolveTimeout)
	defer stop()
	ips, err := s.resolver.LookupNetIP(resolving, "ip", u.Hostname())
	if err != nil || len(ips) == 0 {
		check.Verdict = verdictUnresolved
		return check
	}
	for _, ip := range ips {
		// The others are not shown: nobody is to read our own network's names by them.
		if s.guard.allows(ip) && len(check.Addresses) < maxAddresses {
			check.Addresses = append(check.Addresses, ip.Unmap().String())
		}
	}
	if len(check.Addresses) == 0 {
		check.Verdict = verdictRefused
		return check
	}
	check.Verdict, check.CertificateExpiresAt = s.handshake(ctx, u)
	return check
}

// handshake connects as a delivery would, and reads the certificate.
func (s *Service) handshake(ctx context.Context, u *url.URL) (verdict string, expires *time.Time) {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	conn, err := s.sender.dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if errors.Is(err, errRefused) {
		return verdictRefused, nil
	}
	if err != nil {
		return verdictUnreachable, nil
	}
	secure := tls.Client(conn, s.sender.tls(u.Hostname()))
	defer secure.Close() //nolint:errcheck // nothing was sent
	if err := secure.HandshakeContext(ctx); err != nil {
		return verdictNoTLS, nil
	}
	at := secure.ConnectionState().PeerCertificates[0].NotAfter.UTC()
	return verdictOK, &at
}
