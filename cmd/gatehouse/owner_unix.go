//go:build unix

package main

import (
	"os"
	"syscall"
)

// ownedLike gives a file the owner of another.
func ownedLike(path, other string) error {
	info, err := os.Stat(other)
	if err != nil {
		return err
	}
	if stat, known := info.Sys().(*syscall.Stat_t); known {
		return os.Chown(path, int(stat.Uid), int(stat.Gid))
	}
	return nil
}
