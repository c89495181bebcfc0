// Package seed fills an empty platform with a demo that looks like life: three businesses, their people and keys, and
// ninety days of messages that end now.
package seed

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/auth"
	"ghasi.io/portal/platform/billing"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

// Demo creates the demo tenants, the accounts (with [Password]) and their history, in one transaction. Messages of the
// last minutes are under way: the carrier goes on with them.
func Demo(ctx context.Context, db *database.DB, now time.Time) error {
	texts, err := readTexts()
	if err != nil {
		return err
	}
	prices := map[portal.Currency]map[string]int64{}
	for _, c := range portal.Currencies {
		if prices[c], err = billing.New(billing.Options{DB: db}).Prices(ctx, c, now); err != nil {
			return err
		}
	}
	passwordHash := auth.HashPassword(Password) // one for all: hashing is slow on purpose, and the password is public
	return db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var records []messages.Record
		var histories []billing.History
		var ids []string
		for i, t := range tenants {
			rnd := rand.New(rand.NewPCG(uint64(i), 93)) //nolint:gosec // demo data
			id, err := addTenant(ctx, tx, t, passwordHash, rnd, now)
			if err != nil {
				return err
			}
			ids = append(ids, id)
			traffic := newTraffic(id, t.profile, texts, uint64(i), now)
			traffic.currency, traffic.prices = t.credit.currency, prices[t.credit.currency]
			sent := append(traffic.history(t.profile), traffic.latest()...)
			slices.SortStableFunc(sent, func(a, b messages.Record) int { return cmp.Compare(a.SubmittedAt, b.SubmittedAt) })
			histories = append(histories, t.credit.history(id, sent, now))
			records = append(records, sent...)
			if i == 0 {
				if err := addWebhook(ctx, db, tx, id, sent, now); err != nil {
					return err
				}
			}
		}
		for _, a := range staff {
			id, err := addAccount(ctx, tx, "", a, passwordHash, now)
			if err != nil {
				return err
			}
			if slices.Contains(a.roles, auth.RoleTAM) {
				if err := assign(ctx, tx, id, ids, now); err != nil {
					return err
				}
			}
		}
		if err := bill(ctx, db, tx, histories, now); err != nil {
			return err
		}
		byTime(records)
		return messages.Import(ctx, db, tx, records)
	})
}

// loadBatch bounds a transaction of [Load] and the memory it takes.
const loadBatch = 50_000

// Load gives a tenant n messages, spread evenly over the ninety days before now, for measuring.
func Load(ctx context.Context, db *database.DB, tenantID string, n int, now time.Time) error {
	texts, err := readTexts()
	if err != nil {
		return err
	}
	t := newTraffic(tenantID, tenants[0].profile, texts, 10, now)
	begin := now.AddDate(0, 0, -historyDays)
	step := now.Sub(begin) / time.Duration(max(n, 1))
	for done := 0; done < n; {
		records := make([]messages.Record, min(loadBatch, n-done))
		for i := range records {
			records[i] = t.message(begin.Add(time.Duration(done+i) * step))
		}
		err := db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return messages.Import(ctx, db, tx, records) })
		if err != nil {
			return err
		}
		done += len(records)
	}
	return nil
}
