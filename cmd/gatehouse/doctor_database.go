package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"gatehouse/store"
	"gatehouse/store/postgres"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	"gatehouse/store/sqlite"
)

// looked is a database that is looked at.
type looked interface {
	Accounts() store.Database
	CheckSchema(ctx context.Context, products ...fs.FS) error
	Close() error
}

// Bounds of the database.
const (
	wholeMax = 1 << 30   // what is read as a whole without being asked, in bytes
	logMax   = 256 << 20 // of a log that is written back as it should be, in bytes
)

// errNoDatabase says that there is none yet.
var errNoDatabase = errors.New("there is no database yet")

// open opens the database, a file for reading alone.
func (p *patient) open(ctx context.Context) {
	p.db, p.opening = openLooked(ctx, p.database)
	if p.opening != nil {
		p.db = nil
		return
	}
	if p.schema = p.db.CheckSchema(ctx, p.site.Product.Migrations); p.schema != nil {
		return
	}
	rule := p.settings.rules(p.base)
	rule.Keys, _ = p.settings.keys(p.checked) // the check of the secret says what is wrong with it
	rule.RelyingParty, _ = p.settings.relyingParty(p.checked)
	p.store, p.schema = store.New(ctx, p.db.Accounts(), &rules.Passwords{}, &secret.Hasher{Cost: p.settings.BcryptCost}, rule, p.clock, slog.New(slog.DiscardHandler))
}

func openLooked(ctx context.Context, place string) (looked, error) {
	if postgres.IsURL(place) {
		return postgres.Open(ctx, place)
	}
	if isMissing(place) {
		return nil, errNoDatabase
	}
	if !isMissing(place + restoringEnding) {
		return nil, errRestoring(place)
	}
	return sqlite.OpenReadOnly(ctx, place)
}

func (p *patient) close() {
	if p.db != nil {
		p.db.Close() //nolint:errcheck // nothing was written
	}
}

func checkDatabase(ctx context.Context, p *patient) finding {
	switch {
	case errors.Is(p.opening, errNoDatabase):
		return lookAt("check --database; serving makes a new one there", "there is no database at %s", p.database)
	case p.opening != nil:
		return wrong("", "%v", p.opening)
	}
	switch db := p.db.(type) {
	case *postgres.DB:
		return checkServer(ctx, db)
	case *sqlite.ReadOnly:
		return checkFile(ctx, p, db)
	}
	return finding{}
}

func checkServer(ctx context.Context, db *postgres.DB) finding {
	i, err := db.Inspect(ctx)
	switch {
	case err != nil:
		return failed(err, "the database")
	case i.Encoding != "UTF8":
		return wrong("make a new one with ENCODING 'UTF8' and move to it", "the database stores text as %s, which has no room for all names", i.Encoding)
	case i.ReadOnly:
		return wrong("name the primary with --database", "the database takes nothing that is written")
	case i.Room < i.Pool:
		return wrong("raise max_connections", "the database takes %d connections, and one copy of the program may open %d", i.Room, i.Pool)
	}
	return fine("it answers, and has room for %d copies of the program", i.Room/i.Pool)
}

func checkFile(ctx context.Context, p *patient, db *sqlite.ReadOnly) finding {
	size := sizeOf(p.database)
	if size <= wholeMax || p.Whole {
		damage, err := db.QuickCheck(ctx)
		if err != nil {
			return failed(err, "the database")
		}
		if damage != "" {
			return wrong("restore a backup", "the database is damaged: %s", damage)
		}
	}
	if log := sizeOf(p.database + "-wal"); log > logMax {
		return lookAt("see which program reads for long, and end that", "the log of the database has %s: something keeps a reader open", inBytes(log))
	}
	if kind, network := networkDisk(filepath.Dir(p.database)); network {
		return lookAt("put it on a disk of this machine", "the database is on %s, where locks may not work", kind)
	}
	if size > wholeMax && !p.Whole {
		return fine("it can be read; --whole reads all of its %s", inBytes(size))
	}
	return fine("%s, all of it sound", inBytes(size))
}

// checkSchema says what every command says.
func checkSchema(_ context.Context, p *patient) finding {
	switch {
	case errors.Is(p.schema, store.ErrOlder), errors.Is(p.schema, store.ErrNewer):
		return wrong("", "%v", p.schema)
	case p.schema != nil:
		return failed(p.schema, "the tables")
	}
	return fine("the tables are those of this version")
}

// sizeOf is how long a file is, or 0.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
