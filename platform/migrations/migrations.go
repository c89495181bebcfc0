// Package migrations holds the platform's schema as SQL, one folder a dialect, the same names in both.
package migrations

import "embed"

// FS is what [database.DB.Migrate] reads.
//
//go:embed sqlite/*.sql postgres/*.sql
var FS embed.FS
