package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

// settings are what a session says of itself, as the portal's transactions do.
type settings map[string]string

var (
	nobody     = settings{}
	tenantA    = settings{"app.tenant_id": "ten_a"}
	staffOfA   = settings{"app.tenant_id": "ten_a", "app.staff": "on"}
	staffOfB   = settings{"app.tenant_id": "ten_b", "app.staff": "on"}
	staffAtAll = settings{"app.staff": "on"}
)

// inSession runs one statement in a transaction with these settings, which is rolled back.
func inSession(t *testing.T, db *database.DB, s settings, run func(tx *sql.Tx)) {
	t.Helper()
	tx, err := db.Write.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing is kept
	for name, value := range s {
		if _, err := tx.Exec("SELECT set_config($1, $2, true)", name, value); err != nil {
			t.Fatal(err)
		}
	}
	run(tx)
}

func rowsSeen(t *testing.T, db *database.DB, s settings, table string) (n int) {
	t.Helper()
	inSession(t, db, s, func(tx *sql.Tx) {
		if err := tx.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
			t.Errorf("count %s: %v", table, err)
		}
	})
	return n
}

// wants runs a statement and expects that it touches so many rows, or that it is refused with this SQLSTATE.
func wants(t *testing.T, db *database.DB, s settings, query string, rows int64, state string) {
	t.Helper()
	inSession(t, db, s, func(tx *sql.Tx) {
		result, err := tx.Exec(query)
		var refused *pgconn.PgError
		switch {
		case state != "" && (!errors.As(err, &refused) || refused.Code != state):
			t.Errorf("%s: %v, want SQLSTATE %s", query, err, state)
		case state == "" && err != nil:
			t.Errorf("%s: %v", query, err)
		case state == "":
			if n, _ := result.RowsAffected(); n != rows {
				t.Errorf("%s touched %d rows, want %d", query, n, rows)
			}
		}
	})
}

// roles are the owner of the tables and an application's role without any right to them but to read and write, neither
// of them a superuser, each by a sign-in of its own.
func roles(t *testing.T, super *database.DB) (owner, app *database.DB) {
	t.Helper()
	var schema string
	if err := super.Read.QueryRow("SELECT current_schema()").Scan(&schema); err != nil {
		t.Fatal(err)
	}
	suffix := schema[strings.Index(schema, "_"):]
	exec := func(queries ...string) {
		t.Helper()
		for _, q := range queries {
			if _, err := super.Write.Exec(q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
	signIn := func(role string) *database.DB {
		u, err := url.Parse(os.Getenv("TEST_DATABASE_URL")) //nolint:forbidigo // a test's setting, not the portal's
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(role, "secret")
		db, err := database.Open(t.Context(), database.Options{URL: u.String(), Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	ownerRole, appRole := "portal_owner"+suffix, "portal_app"+suffix
	exec("CREATE ROLE "+ownerRole+" LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD 'secret'",
		"CREATE ROLE "+appRole+" LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD 'secret'",
		"ALTER SCHEMA "+schema+" OWNER TO "+ownerRole)
	t.Cleanup(func() {
		for _, role := range []string{appRole, ownerRole} {
			exec("DROP OWNED BY "+role+" CASCADE", "DROP ROLE "+role)
		}
	})
	owner = signIn(ownerRole)
	newStore(t, owner) // makes the tables, which are its own
	if _, err := owner.Write.Exec("GRANT USAGE ON SCHEMA " + schema + " TO " + appRole); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Write.Exec("GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_notes, tenant_note_versions TO " + appRole); err != nil {
		t.Fatal(err)
	}
	return owner, signIn(appRole)
}

// TestNotes_RowPolicies proves with raw SQL, on a real PostgreSQL, who can see the rows of notes at all.
func TestNotes_RowPolicies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		super := open("cust")
		if !super.IsPostgres() {
			return
		}
		owner, app := roles(t, super)
		s := newStore(t, owner) // the portal as it runs: the owner's role
		for _, n := range []struct{ tenant, body string }{{"ten_a", "1"}, {"ten_a", "2"}, {"ten_b", "3"}} {
			mustNote(t, s, n.tenant, tam, n.body)
		}
		for name, db := range map[string]*database.DB{"owner": owner, "app": app} {
			t.Run(name, func(t *testing.T) { holds(t, db) })
		}
		wants(t, app, staffOfA, "ALTER TABLE tenant_notes DISABLE ROW LEVEL SECURITY", 0, "42501")
		if n := rowsSeen(t, super, nobody, "tenant_notes"); n != 3 {
			t.Errorf("a superuser sees %d rows: this test counts nothing", n)
		}
		for name, tc := range map[string]struct {
			db   *database.DB
			want bool
		}{"superuser": {super, true}, "owner": {owner, false}, "app": {app, false}} {
			if got, err := tc.db.BypassesPolicies(context.Background()); err != nil || got != tc.want {
				t.Errorf("%s bypasses policies: %v, %v", name, got, err)
			}
		}
	})
}

// holds is what the policies promise for a role that is no superuser.
func holds(t *testing.T, db *database.DB) {
	for name, tc := range map[string]struct {
		s    settings
		want int
	}{
		"no context": {nobody, 0}, "a tenant": {tenantA, 0}, "staff of no tenant": {staffAtAll, 0},
		"staff off":                {settings{"app.tenant_id": "ten_a", "app.staff": "off"}, 0},
		"staff unset again":        {settings{"app.tenant_id": "ten_a", "app.staff": ""}, 0},
		"staff of an empty tenant": {settings{"app.tenant_id": "", "app.staff": "on"}, 0},
		"staff of ten_a":           {staffOfA, 2}, "staff of ten_b": {staffOfB, 1},
		"staff of another": {settings{"app.tenant_id": "ten_c", "app.staff": "on"}, 0},
	} {
		for _, table := range []string{"tenant_notes", "tenant_note_versions"} {
			if got := rowsSeen(t, db, tc.s, table); got != tc.want {
				t.Errorf("%s sees %d rows of %s, want %d", name, got, table, tc.want)
			}
		}
	}
	for range 8 { // whichever pooled connection: no setting outlives its transaction
		if got := rowsSeen(t, db, nobody, "tenant_notes"); got != 0 {
			t.Errorf("%d rows are seen on a connection that staff used before", got)
		}
	}
	insert := func(tenant string) string {
		return `INSERT INTO tenant_notes (note_id, tenant_id, author_id, author_name, author_role, body, version, created_at, updated_at)
VALUES ('note_x', '` + tenant + `', 'u', 'n', 'tam', 'b', 1, 1, 1)`
	}
	wants(t, db, staffOfA, insert("ten_a"), 1, "")
	wants(t, db, staffOfA, insert("ten_b"), 0, "42501")
	wants(t, db, tenantA, insert("ten_a"), 0, "42501")
	wants(t, db, nobody, insert("ten_a"), 0, "42501")
	wants(t, db, staffOfA, "UPDATE tenant_notes SET body = 'x' WHERE tenant_id = 'ten_b'", 0, "")
	wants(t, db, staffOfA, "UPDATE tenant_notes SET body = 'x'", 2, "")
	wants(t, db, staffOfA, "UPDATE tenant_notes SET tenant_id = 'ten_b'", 0, "42501")
	wants(t, db, staffOfA, "DELETE FROM tenant_note_versions WHERE tenant_id = 'ten_b'", 0, "")
	wants(t, db, tenantA, "DELETE FROM tenant_note_versions", 0, "")
	wants(t, db, tenantA, "UPDATE tenant_notes SET body = 'x'", 0, "")
	inSession(t, db, tenantA, func(tx *sql.Tx) { // asking for no policies is refused, not obeyed
		if _, err := tx.Exec("SET LOCAL row_security = off"); err != nil {
			t.Fatal(err)
		}
		var n int
		var refused *pgconn.PgError
		if err := tx.QueryRow("SELECT count(*) FROM tenant_notes").Scan(&n); !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("with row_security off: %d rows, %v", n, err)
		}
	})
}
