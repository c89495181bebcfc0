package auth

import (
	"context"
	"net/netip"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// After so many failures within the window, an address has to wait. The account itself is never locked: that would
// let anyone lock anyone out.
const (
	failureWindow    = 15 * time.Minute
	failuresAccount  = 5  // of one account from one address
	failuresAddress  = 20 // of any accounts from one address
	ipv6AddressWidth = 64 // one customer's line, as a rule
)

// reserveFailure counts the attempt as a failure before the password is looked at, so that many at once cannot pass
// the count together. It returns how many seconds to wait, 0 when the attempt may go on. Waiting is not prolonged by
// trying.
func (s *Service) reserveFailure(ctx context.Context, email, ip string) (wait int, err error) {
	account, address, now := hashSecret(email), throttleAddress(ip), s.o.Now()
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.db.LockTx(ctx, tx, "sign-in from "+address); err != nil {
			return err
		}
		free, err := freeAgain(ctx, tx, account, address, now)
		if err != nil {
			return err
		}
		if wait = problem.Seconds(free.Sub(now)); wait > 0 {
			return nil
		}
		wait = 0
		_, err = tx.ExecContext(ctx, "INSERT INTO sign_in_failures (id, account, ip, at) VALUES (?, ?, ?, ?)",
			portal.NewID("sif", now), account, address, now.UnixMicro())
		return err
	})
	return wait, err
}

// freeAgain returns from when on address may try account: when the oldest of the failures that fill a limit leaves the
// window. The past means now.
func freeAgain(ctx context.Context, tx bun.Tx, account, address string, now time.Time) (time.Time, error) {
	rows, err := tx.QueryContext(ctx, "SELECT account, at FROM sign_in_failures WHERE ip = ? AND at > ? ORDER BY at DESC LIMIT ?",
		address, now.Add(-failureWindow).UnixMicro(), failuresAddress)
	if err != nil {
		return time.Time{}, database.Map(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var free time.Time
	ofAccount, all := 0, 0
	for rows.Next() { // newest first
		var who string
		var at int64
		if err := rows.Scan(&who, &at); err != nil {
			return time.Time{}, err
		}
		all++
		if who == account {
			ofAccount++
		}
		if end := time.UnixMicro(at).Add(failureWindow); (who == account && ofAccount == failuresAccount) || all == failuresAddress {
			if end.After(free) {
				free = end
			}
		}
	}
	return free, database.Map(rows.Err())
}

// clearFailures forgets the failures of account from address after a success. Those of other accounts stay: else one's
// own account would reset the count of guesses at others.
func (s *Service) clearFailures(ctx context.Context, email, ip string) error {
	_, err := s.db.Write.ExecContext(ctx, "DELETE FROM sign_in_failures WHERE account = ? AND ip = ?",
		hashSecret(email), throttleAddress(ip))
	return database.Map(err)
}

// throttleAddress is what failures are counted by: an IPv4 address, or the /64 network of an IPv6 one, whose owner has
// all its addresses.
func throttleAddress(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	if addr = addr.Unmap(); addr.Is4() {
		return addr.String()
	}
	network, err := addr.Prefix(ipv6AddressWidth)
	if err != nil {
		return "unknown"
	}
	return network.String()
}
