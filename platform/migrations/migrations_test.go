package migrations_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/migrations"
)

var fileName = regexp.MustCompile(`^\d{14}_[a-z0-9_]+\.tx\.(up|down)\.sql$`)

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := fs.ReadDir(migrations.FS, folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !fileName.MatchString(e.Name()) {
			t.Errorf("%s is no name of a migration", path.Join(folder, e.Name()))
		}
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out
}

func TestSameNamesInBothDialects(t *testing.T) {
	if diff := cmp.Diff(names(t, "sqlite"), names(t, "postgres")); diff != "" {
		t.Errorf("sqlite and postgres differ:\n%s", diff)
	}
}

// tables lists what a migrated database has, bun's own tables apart.
func tables(t *testing.T, db *database.DB) []string {
	t.Helper()
	q := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if db.IsPostgres() {
		q = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	var out []string
	if err := db.Read.NewRaw(q).Scan(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	out = slices.DeleteFunc(out, func(s string) bool { return s == "bun_migrations" || s == "bun_migration_locks" })
	slices.Sort(out)
	return out
}

func TestUpDownUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db, ctx := open("platform"), t.Context()
		if err := db.Migrate(ctx, migrations.FS); err != nil {
			t.Fatal(err)
		}
		up := tables(t, db)
		if err := db.Rollback(ctx, migrations.FS); err != nil {
			t.Fatal(err)
		}
		if left := tables(t, db); len(left) != 0 {
			t.Errorf("the way down leaves %v", left)
		}
		if err := db.Migrate(ctx, migrations.FS); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(up, tables(t, db)); diff != "" || !slices.Contains(up, "api_keys") {
			t.Errorf("up, down, up: %s%v", diff, up)
		}
	})
}
