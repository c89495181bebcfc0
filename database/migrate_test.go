package database_test

import (
	"sync"
	"testing"
	"testing/fstest"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

// twoSteps is a pair of migrations whose second fails unless the first ran before it.
func twoSteps() fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, d := range []string{"sqlite", "postgres"} {
		for name, sql := range map[string]string{
			"20260101000001_things.tx.up.sql":   "CREATE TABLE things (id BIGINT PRIMARY KEY);\nCREATE INDEX things_id ON things (id);",
			"20260101000001_things.tx.down.sql": "DROP TABLE things;",
			"20260101000002_more.tx.up.sql":     "ALTER TABLE things ADD COLUMN name TEXT;",
			"20260101000002_more.tx.down.sql":   "ALTER TABLE things DROP COLUMN name;",
		} {
			fsys[d+"/"+name] = &fstest.MapFile{Data: []byte(sql)}
		}
	}
	return fsys
}

func TestMigrateUpDownUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db, ctx := open("platform"), t.Context()
		must(t, db.Migrate(ctx, twoSteps()))
		must(t, db.Migrate(ctx, twoSteps()))
		must(t, exec(db, "INSERT INTO things (id, name) VALUES (1, 'a')"))
		must(t, db.Rollback(ctx, twoSteps()))
		if err := exec(db, "INSERT INTO things (id) VALUES (2)"); err == nil {
			t.Error("the table outlived the way down")
		}
		must(t, db.Migrate(ctx, twoSteps()))
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows after down and up", n)
		}
	})
}

func TestMigrateTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		var dbs []*database.DB
		for range 3 {
			if len(dbs) == 0 || dbs[0].IsPostgres() { // one process owns an SQLite file
				dbs = append(dbs, open("platform"))
			}
		}
		var wg sync.WaitGroup
		for _, db := range dbs {
			wg.Go(func() {
				if err := db.Migrate(t.Context(), twoSteps()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		must(t, exec(dbs[0], "INSERT INTO things (id, name) VALUES (1, 'a')"))
	})
}

func TestMigrateFailureLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db, fsys := open("platform"), twoSteps()
		for _, d := range []string{"sqlite", "postgres"} {
			fsys[d+"/20260101000003_bad.tx.up.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE half (id BIGINT);\n--bun:split\nNONSENSE;")}
		}
		if err := db.Migrate(t.Context(), fsys); err == nil {
			t.Fatal("a bad migration passed")
		}
		if err := exec(db, "INSERT INTO half VALUES (1)"); err == nil {
			t.Error("half a migration stayed")
		}
		must(t, exec(db, "INSERT INTO things (id, name) VALUES (1, 'a')"))
	})
}
