// Package migrations holds the numbered changes of the schema. A file NNNN_name.sql
// is for every database. Where the types differ it has a twin: NNNN_name.sqlite.sql
// and NNNN_name.postgres.sql. Files are only ever added.
package migrations

import "embed"

// Files are all of them, for store.ReadMigrations.
//
//go:embed *.sql
var Files embed.FS
