package seed

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/auth"
	"ghasi.io/portal/portal"
)

// Password is that of every demo account. It is public, so they exist on loopback alone.
const Password = "portal-demo"

// tenant is a business of the demo.
type tenant struct {
	name     string
	profile  profile
	credit   credit
	accounts []account
	keys     []key
}

type account struct {
	email, name string
	roles       []string
}

// key is an API key that nobody knows. Its ages are days before now; 0 is never.
type key struct {
	name, last4      string
	scopes           string
	created, revoked int
	unused           bool
}

const (
	both     = string(portal.ScopeSMSSend) + " " + string(portal.ScopeSMSRead)
	sendOnly = string(portal.ScopeSMSSend)
	readOnly = string(portal.ScopeSMSRead) + " " + string(portal.ScopeBillingRead)
)

var tenants = []tenant{
	{
		name: "Pamir Logistics",
		profile: profile{texts: "pamir", perDay: 200, trend: 0.6, sources: []source{
			{"api_key", "Order service"}, {"portal", "customer@demo.ghasi.test"},
		}},
		credit: credit{
			currency: portal.AFN, limit: 20_000, low: 2_000, terms: 30,
			topUps: []topUp{{88, 16_000, "Azizi Bank 20418"}, {37, 5_000, "Azizi Bank 21077"}},
			paid:   []int{0, 8, 46},
		},
		accounts: []account{
			{"customer@demo.ghasi.test", "Maryam Rahimi", []string{access.RoleCustomer}},
			{"norole@demo.ghasi.test", "Jawad Nazari", nil},
		},
		keys: []key{
			{name: "Order service", last4: "7Qx2", scopes: both, created: 88},
			{name: "Reporting", last4: "mK9d", scopes: readOnly, created: 41},
			{name: "Old warehouse", last4: "Zt4a", scopes: sendOnly, created: 89, revoked: 37},
		},
	},
	{
		name: "Herat Pharmacy",
		profile: profile{texts: "herat", perDay: 110, trend: 0.3, sources: []source{
			{"api_key", "Prescriptions"}, {"portal", "manager@demo.ghasi.test"},
		}},
		credit: credit{
			currency: portal.AFN, limit: 5_000, low: 6_000, terms: 15,
			topUps: []topUp{{86, 11_000, "M-Paisa 88213"}},
			paid:   []int{6, 0, 9},
		},
		accounts: []account{{"manager@demo.ghasi.test", "Fereshta Karimi", []string{access.RoleCustomer}}},
		keys: []key{
			{name: "Prescriptions", last4: "b8Wn", scopes: both, created: 87},
			{name: "Trial", last4: "Rr1s", scopes: both, created: 89, revoked: 80, unused: true},
		},
	},
	{
		name: "Kabul Courier",
		profile: profile{texts: "kabul", perDay: 150, trend: 0.1, decline: 0.55, trouble: 0.035, sources: []source{
			{"api_key", "Dispatch"},
		}},
		credit: credit{
			currency: portal.USD, limit: 200, low: 50, terms: 15,
			topUps: []topUp{{89, 250, "AIB 5561"}},
			paid:   []int{0, 0, 12},
		},
		keys: []key{
			{name: "Dispatch", last4: "u5Pe", scopes: both, created: 89},
		},
	},
}

// staff are Ghasi's own people: no tenant.
var staff = []account{
	{"tam@demo.ghasi.test", "Zahra Ahmadi", []string{auth.RoleTAM}},
	{"admin@demo.ghasi.test", "Omid Sharifi", []string{auth.RolePlatformAdmin}},
}

// addTenant creates a tenant with its accounts and keys, and returns its id.
func addTenant(ctx context.Context, tx bun.Tx, t tenant, passwordHash string, rnd *rand.Rand, now time.Time) (string, error) {
	founded := now.AddDate(0, 0, -historyDays)
	id, err := auth.CreateTenant(ctx, tx, t.name, founded)
	if err != nil {
		return "", err
	}
	owner := ""
	for _, a := range t.accounts {
		user, err := addAccount(ctx, tx, id, a, passwordHash, founded)
		if err != nil {
			return "", err
		}
		if owner == "" {
			owner = user
		}
	}
	if owner == "" { // a tenant whose people we do not meet still has someone who made its keys
		a := account{"owner@kabul-courier.example", "Nasir Yusufi", []string{access.RoleCustomer}}
		if owner, err = addAccount(ctx, tx, id, a, noPassword, founded); err != nil {
			return "", err
		}
	}
	for _, k := range t.keys {
		if err := addKey(ctx, tx, id, owner, k, rnd, now); err != nil {
			return "", err
		}
	}
	return id, nil
}

// noPassword is a hash that no password has.
const noPassword = "!"

func addAccount(ctx context.Context, tx bun.Tx, tenantID string, a account, passwordHash string, now time.Time) (string, error) {
	return auth.CreateUser(ctx, tx, auth.NewUser{
		TenantID: tenantID, Email: a.email, Name: a.name, Locale: "en", Roles: a.roles, PasswordHash: passwordHash,
	}, now)
}

// addKey stores a key whose raw form nobody knows: what stands for its hash is the hash of nothing.
func addKey(ctx context.Context, tx bun.Tx, tenantID, userID string, k key, rnd *rand.Rand, now time.Time) error {
	hash := make([]byte, 0, 32)
	for range 4 {
		hash = binary.LittleEndian.AppendUint64(hash, rnd.Uint64())
	}
	created := now.AddDate(0, 0, -k.created).Add(-time.Duration(rnd.IntN(300)) * time.Minute)
	var revoked, used, ip any
	last := now.Add(-time.Duration(20+rnd.IntN(100)) * time.Second)
	if k.revoked > 0 {
		at := now.AddDate(0, 0, -k.revoked)
		revoked, last = at.UnixMicro(), at.Add(-26*time.Minute)
	}
	if !k.unused {
		used, ip = last.UnixMicro(), "203.0.113."+[]string{"17", "42", "80"}[rnd.IntN(3)]
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO api_keys (id, tenant_id, created_by, name, prefix, last4, hash, scopes, created_at, revoked_at, last_used_at, last_used_ip) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		portal.NewID("key", created), tenantID, userID, k.name, access.KeyPrefix, k.last4, hex.EncodeToString(hash), k.scopes, created.UnixMicro(), revoked, used, ip)
	return err
}
