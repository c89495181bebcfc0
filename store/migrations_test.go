package store

import (
	"io/fs"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

func TestMigrations_SameNamesInBothDialects(t *testing.T) {
	names := func(folder string) (out []string) {
		entries, err := fs.ReadDir(migrations, path.Join("migrations", folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	if diff := cmp.Diff(names("sqlite"), names("postgres")); diff != "" {
		t.Errorf("sqlite and postgres differ:\n%s", diff)
	}
}

// objects lists what a migrated database has, bun's own tables apart.
func objects(t *testing.T, db *database.DB) []string {
	t.Helper()
	q := "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
	if db.IsPostgres() {
		q = `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace`
	}
	var out []string
	if err := db.Read.NewRaw(q).Scan(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	out = slices.DeleteFunc(out, func(s string) bool { return len(s) > 12 && s[:13] == "bun_migration" })
	slices.Sort(out)
	return out
}

func TestMigrations_UpDownUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db, ctx := open("cust"), t.Context()
		files, err := fs.Sub(migrations, "migrations")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, files); err != nil {
			t.Fatal(err)
		}
		up := objects(t, db)
		if err := db.Rollback(ctx, files); err != nil {
			t.Fatal(err)
		}
		if left := objects(t, db); len(left) != 0 {
			t.Errorf("the way down leaves %v", left)
		}
		if err := db.Migrate(ctx, files); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(up, objects(t, db)); diff != "" || !slices.Contains(up, "tenant_notes") {
			t.Errorf("up, down, up: %s%v", diff, up)
		}
	})
}
