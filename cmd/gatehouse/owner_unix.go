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

// roots says whether a file belongs to root.
func roots(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	stat, known := info.Sys().(*syscall.Stat_t)
	return known && stat.Uid == 0
}

// writable says whether we may write to a folder.
func writable(folder string) bool {
	const write = 2 // W_OK of access(2)
	return syscall.Access(folder, write) == nil
}

// openFiles is how many files and connections we may have open at a time.
func openFiles() (n uint64, known bool) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return uint64(limit.Cur), true
}
