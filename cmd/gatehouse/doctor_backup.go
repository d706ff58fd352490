package main

import (
	"context"
	"io/fs"
	"path/filepath"
	"time"

	"gatehouse/store/postgres"
	"gatehouse/store/sqlite"
)

// backupOld is an age at which a backup a day was missed, and another was not made.
const backupOld = 2 * day

// newestBackup is the newest in the folder of --backup-to, or empty.
func (p *patient) newestBackup() string {
	if p.settings.BackupTo == "" {
		return ""
	}
	names, err := backups(p.settings.BackupTo)
	if err != nil || len(names) == 0 {
		return ""
	}
	return filepath.Join(p.settings.BackupTo, names[len(names)-1])
}

func checkBackup(ctx context.Context, p *patient) finding {
	if postgres.IsURL(p.database) {
		return finding{}
	}
	newest := p.newestBackup()
	if newest == "" {
		return lookAt("set --backup-to", "there is no backup")
	}
	made, err := time.Parse(backupTime, backupShape.FindStringSubmatch(filepath.Base(newest))[1])
	if err != nil {
		return failed(err, "the newest backup")
	}
	if age := p.clock().Sub(made); age > backupOld {
		return wrong("see the log of the site", "the newest backup is %d days old", age/day)
	}
	size := sizeOf(newest)
	if p.serving || size > wholeMax && !p.Whole {
		return fine("the newest has %s, of %s", inBytes(size), made.Format("2 January 2006, 15:04 UTC"))
	}
	if err := sqlite.Verify(ctx, newest, []fs.FS{p.site.Product.Migrations}...); err != nil {
		return wrong("make a new one", "%v", err)
	}
	return fine("the newest has %s, of %s, and is sound", inBytes(size), made.Format("2 January 2006, 15:04 UTC"))
}
