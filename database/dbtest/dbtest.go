// Package dbtest runs a test on every database the portal supports.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ghasi.io/portal/database"
)

// Each runs body on SQLite and, with TEST_DATABASE_URL set, on PostgreSQL, as subtests that may run in parallel with
// others. open opens an empty database (no tables) and closes it at the end; a second open of the same schema in the
// same body is another handle to the same data, as a second replica would have. Under CI=true a missing
// TEST_DATABASE_URL fails.
func Each(t *testing.T, body func(t *testing.T, open func(schema string) *database.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		body(t, func(schema string) *database.DB {
			t.Helper()
			return open(t, database.Options{File: filepath.Join(dir, schema+".db")})
		})
	})
	url := os.Getenv("TEST_DATABASE_URL") //nolint:forbidigo // a test's setting, not the portal's
	if url == "" {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // as above
			t.Error("TEST_DATABASE_URL must name a PostgreSQL under CI=true")
		}
		return
	}
	t.Run("postgres", func(t *testing.T) {
		token := make([]byte, 6)
		_, _ = rand.Read(token)
		suffix := "_" + hex.EncodeToString(token)
		made := map[string]bool{}
		body(t, func(schema string) *database.DB {
			t.Helper()
			name := schema + suffix
			if !made[name] {
				made[name] = true
				t.Cleanup(func() { drop(t, url, name) })
			}
			return open(t, database.Options{URL: url, Schema: name})
		})
	})
}

// Open opens an SQLite database with the migrations of fsys (none when nil), for tests that are not about the
// database.
func Open(t testing.TB, fsys fs.FS) *database.DB {
	t.Helper()
	db := open(t, database.Options{File: filepath.Join(t.TempDir(), "test.db")})
	if fsys != nil {
		if err := db.Migrate(context.Background(), fsys); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func open(t testing.TB, o database.Options) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the test database: %v", err)
		}
	})
	return db
}

func drop(t testing.TB, url, schema string) {
	t.Helper()
	if !strings.Contains(schema, "_") {
		t.Fatalf("%q is no test schema", schema)
	}
	db, err := database.Open(context.Background(), database.Options{URL: url, Schema: schema})
	if err != nil {
		t.Errorf("drop %s: %v", schema, err)
		return
	}
	defer db.Close() //nolint:errcheck // nothing was written
	if _, err := db.Write.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
		t.Errorf("drop %s: %v", schema, err)
	}
}
