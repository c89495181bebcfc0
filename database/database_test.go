package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

// withTable opens a database with one table to play with.
func withTable(t *testing.T, open func(string) *database.DB) *database.DB {
	t.Helper()
	db := open("cust")
	if _, err := db.Write.Exec("CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT UNIQUE, owner BIGINT REFERENCES things (id))"); err != nil {
		t.Fatal(err)
	}
	return db
}

func count(t *testing.T, db *database.DB) int {
	t.Helper()
	var n int
	if err := db.Read.QueryRow("SELECT count(*) FROM things").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMapConstraints(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := withTable(t, open)
		must(t, exec(db, "INSERT INTO things (id, name) VALUES (1, 'a')"))
		var id int
		for name, tc := range map[string]struct {
			err  error
			want portal.Code
		}{
			"unique":      {exec(db, "INSERT INTO things (id, name) VALUES (2, 'a')"), portal.Conflict},
			"primary key": {exec(db, "INSERT INTO things (id, name) VALUES (1, 'b')"), portal.Conflict},
			"foreign key": {exec(db, "INSERT INTO things (id, name, owner) VALUES (3, 'c', 99)"), portal.Internal},
			"syntax":      {exec(db, "INSERT INTO"), portal.Internal},
			"no row":      {db.Read.QueryRow("SELECT id FROM things WHERE id = 7").Scan(&id), portal.NotFound},
		} {
			if got := portal.CodeOf(database.Map(tc.err)); got != tc.want {
				t.Errorf("%s: %v maps to %q, want %q", name, tc.err, got, tc.want)
			}
		}
		if err := database.Map(nil); err != nil {
			t.Errorf("Map(nil) = %v", err)
		}
		kept := portal.InvalidField("to", "field.required")
		if err := database.Map(kept); !errors.Is(err, kept) || portal.CodeOf(err) != portal.Invalid {
			t.Errorf("Map changed a portal.Error into %v", err)
		}
	})
}

func TestMapClosedAndContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := withTable(t, open)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		const slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"
		var n int64
		err := database.Map(db.Read.QueryRowContext(ctx, slow).Scan(&n))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a query out of time: %v, want the context's error", err)
		}
		other := open("cust")
		must(t, other.Close())
		if err := other.Ping(t.Context()); portal.CodeOf(err) != portal.Unavailable {
			t.Errorf("a closed database answers %v, want unavailable", err)
		}
	})
}

func TestOpenUnreachable(t *testing.T) {
	_, err := database.Open(t.Context(), database.Options{URL: "postgres://nobody@127.0.0.1:1/none", Schema: "cust"})
	if portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("no server: %v, want unavailable", err)
	}
	dir := t.TempDir()
	_, err = database.Open(t.Context(), database.Options{File: dir})
	if err == nil {
		t.Error("a folder opened as a database")
	}
	for _, schema := range []string{"", "Cust", "cust; drop schema public", "1a"} {
		if _, err := database.Open(t.Context(), database.Options{URL: "postgres://127.0.0.1:1/x", Schema: schema}); portal.CodeOf(err) != portal.Internal {
			t.Errorf("schema %q: %v", schema, err)
		}
	}
}

func TestSQLiteFilesArePrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "odd name ?#%41", "portal.db")
	db, err := database.Open(t.Context(), database.Options{File: file})
	must(t, err)
	defer db.Close() //nolint:errcheck // a test
	must(t, exec(db, "CREATE TABLE t (id BIGINT)"))
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		must(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
	if err := database.Map(func() error { _, err := db.Read.Exec("INSERT INTO t VALUES (1)"); return err }()); err == nil {
		t.Error("the read handle writes")
	}
}

func TestInTx(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := withTable(t, open)
		ctx := t.Context()
		add := func(ctx context.Context, tx bun.Tx, id int) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO things (id) VALUES (?)", id)
			return err
		}
		must(t, db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return add(ctx, tx, 1) }))

		boom := errors.New("boom")
		err := db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return errors.Join(add(ctx, tx, 2), boom) })
		if !errors.Is(err, boom) {
			t.Errorf("the callback's error became %v", err)
		}
		err = db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return add(ctx, tx, 1) })
		if portal.CodeOf(err) != portal.Conflict {
			t.Errorf("a duplicate: %v", err)
		}
		err = db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			return db.InTx(ctx, func(context.Context, bun.Tx) error { return nil })
		})
		if !errors.Is(err, database.ErrNested) {
			t.Errorf("nesting: %v", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { _ = add(ctx, tx, 3); panic("boom") })
		}()
		ended, cancel := context.WithCancel(ctx)
		err = db.InTx(ended, func(ctx context.Context, tx bun.Tx) error { cancel(); return add(ctx, tx, 4) })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled transaction: %v", err)
		}
		if n := count(t, db); n != 1 {
			t.Errorf("%d rows, want the one committed", n)
		}
	})
}

// TestInTxRetries makes two transactions read before either writes, so that one of them must lose and try again.
func TestInTxRetries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := withTable(t, open)
		must(t, exec(db, "INSERT INTO things (id, owner) VALUES (1, NULL)"))
		must(t, exec(db, "CREATE TABLE counter (n BIGINT)"))
		must(t, exec(db, "INSERT INTO counter VALUES (0)"))
		other := open("cust")
		const each = 20
		errs := make(chan error, 2)
		for _, d := range []*database.DB{db, other} {
			go func() {
				var err error
				for range each {
					err = errors.Join(err, d.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
						if d.IsPostgres() {
							if _, err := tx.ExecContext(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
								return err
							}
						}
						var n int
						if err := tx.QueryRowContext(ctx, "SELECT n FROM counter").Scan(&n); err != nil {
							return err
						}
						time.Sleep(time.Millisecond)
						_, err := tx.ExecContext(ctx, "UPDATE counter SET n = ?", n+1)
						return err
					}))
				}
				errs <- err
			}()
		}
		lost := 0 // attempts are bounded, so a loser may give up; it must say so
		for range 2 {
			if err := <-errs; err != nil {
				if portal.CodeOf(err) != portal.Unavailable {
					t.Error(err)
				}
				lost++
			}
		}
		var n int
		must(t, db.Read.QueryRow("SELECT n FROM counter").Scan(&n))
		if lost == 0 && n != 2*each {
			t.Errorf("the counter is %d after %d increments", n, 2*each)
		}
	})
}

func TestDialectHelpers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := withTable(t, open)
		must(t, db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return db.InsertRows(ctx, tx, "things", []string{"id", "name"}, 257, func(i int, dst []any) {
				dst[0], dst[1] = i, string(rune('a'+i))
			})
		}))
		if n := count(t, db); n != 257 {
			t.Errorf("InsertRows wrote %d of 257", n)
		}
		q := "SELECT id FROM (" + db.UnionAll(
			"SELECT id FROM things WHERE id < ? ORDER BY id DESC LIMIT 2",
			"SELECT id FROM things WHERE id >= ? ORDER BY id LIMIT 1") + ") AS x ORDER BY id"
		var ids []int
		must(t, db.Read.NewRaw(q, 10, 200).Scan(t.Context(), &ids))
		if diff := cmp.Diff([]int{8, 9, 200}, ids); diff != "" {
			t.Error(diff)
		}
		must(t, db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			for _, lock := range []string{db.ForUpdate(), db.SkipLocked()} {
				var id int
				if err := tx.QueryRowContext(ctx, "SELECT id FROM things WHERE "+db.Unindexed("id")+" = 5"+lock).Scan(&id); err != nil {
					return err
				}
			}
			return nil
		}))
	})
}

func exec(db *database.DB, q string) error {
	_, err := db.Write.Exec(q)
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
