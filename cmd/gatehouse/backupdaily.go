package main

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"gatehouse/store"
)

// A backup is due a day after the newest in the folder. One that failed is tried again an hour later.
const (
	backupEvery = day
	backupAgain = time.Hour
	// backupLook is how often it is looked whether one is due.
	backupLook = time.Minute
)

// dailyBackup makes a backup a day while the site is served.
type dailyBackup struct {
	backup
	accounts *store.Store
	clock    func() time.Time
	log      *slog.Logger
	// newest is when the newest backup was made, in Unix seconds, or 0.
	newest atomic.Int64
}

// dailyBackup is nil where none was asked for.
func (inv *invocation) dailyBackup(c checked, a *accounts, log *slog.Logger) *dailyBackup {
	if inv.settings.BackupTo == "" {
		return nil
	}
	return &dailyBackup{
		backup: backup{
			database: c.database, to: inv.settings.BackupTo, keep: inv.settings.BackupKeep, noSecret: inv.settings.Secret != "",
			products: []fs.FS{inv.site.Product.Migrations},
		},
		accounts: a.store, clock: inv.clock, log: log,
	}
}

// run makes backups until ctx ends.
func (d *dailyBackup) run(ctx context.Context) {
	failed := time.Time{}
	for {
		if now := d.clock(); now.Sub(failed) >= backupAgain || now.Before(failed) {
			if err := safely(func() error { return d.ifDue(ctx, now) }); err != nil && ctx.Err() == nil {
				failed = now
				d.log.Error("backup", "error", err.Error(), "again", backupAgain)
			}
		}
		if !pause(ctx, backupLook) {
			return
		}
	}
}

func (d *dailyBackup) ifDue(ctx context.Context, now time.Time) error {
	last, err := d.last()
	if err != nil {
		return err
	}
	// One of when the clock was ahead does not count.
	if age := now.Sub(last); !last.IsZero() && age >= 0 && age < backupEvery {
		return nil
	}
	done, err := d.backup.run(ctx, d.accounts, d.clock)
	if err != nil {
		return err
	}
	d.newest.Store(now.Unix())
	d.log.Info("backup", "file", done.File, "accounts", done.Accounts, "bytes", done.Bytes, "took", time.Duration(done.Seconds)*time.Second)
	return nil
}

// last is when the newest backup of the folder was made, or the zero time.
func (d *dailyBackup) last() (at time.Time, err error) {
	if err := os.MkdirAll(d.to, 0o700); err != nil {
		return at, err
	}
	names, err := backups(d.to)
	if err != nil || len(names) == 0 {
		return at, err
	}
	newest := backupShape.FindStringSubmatch(names[len(names)-1])[1]
	at, err = time.Parse(backupTime, newest)
	if err == nil {
		d.newest.Store(at.Unix())
	}
	return at, err
}

// age is how old the newest backup is. known is false where there is none.
func (d *dailyBackup) age() (age time.Duration, known bool) {
	newest := d.newest.Load()
	return d.clock().Sub(time.Unix(newest, 0)), newest != 0
}
