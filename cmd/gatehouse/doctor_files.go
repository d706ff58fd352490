package main

import (
	"context"
	"os"
	"path/filepath"

	"gatehouse/store/identity"
	"gatehouse/store/postgres"
)

// private are the files that nobody else may read.
func (p *patient) private() []string {
	files := []string{p.EnvFile, p.settings.secretFile(p.checked)}
	if !postgres.IsURL(p.database) {
		files = append(files, p.database, p.database+"-wal")
	}
	if newest := p.newestBackup(); newest != "" {
		files = append(files, newest, newest+identity.SecretEnding)
	}
	return files
}

func checkFiles(_ context.Context, p *patient) finding {
	for _, path := range p.private() {
		info, err := os.Stat(path)
		if err == nil && info.Mode().Perm()&0o007 != 0 {
			return wrong("run chmod o= on it", "others can read %s", path)
		}
	}
	if postgres.IsURL(p.database) {
		return fine("nobody else can read them")
	}
	folder := filepath.Dir(p.database)
	if !writable(folder) {
		return wrong("give it to whoever serves", "the folder %s cannot be written by user %d", folder, os.Getuid())
	}
	if roots(p.database) && os.Getuid() != 0 {
		return lookAt("run chown on it", "%s belongs to root, and the site is served by user %d", p.database, os.Getuid())
	}
	return fine("nobody else can read them")
}

// Bounds of what must be free on a disk, in bytes.
const freeLeast = 100e6

func checkDisk(_ context.Context, p *patient) finding {
	if postgres.IsURL(p.database) {
		return finding{}
	}
	folder := filepath.Dir(p.database)
	free, known := p.free(folder)
	size := uint64(sizeOf(p.database) + sizeOf(p.database+"-wal"))
	switch {
	case !known:
		return finding{}
	case free < freeLeast:
		return wrong("make room", "the disk of %s has %s left", folder, inBytes(int64(free)))
	case free < size:
		return wrong("make room", "the disk of %s has %s left, less than the database, so that a backup there fails", folder, inBytes(int64(free)))
	case free < 2*size:
		return lookAt("make room", "the disk of %s has %s left, less than twice the database", folder, inBytes(int64(free)))
	}
	return fine("%s left", inBytes(int64(free)))
}
