package main

import "syscall"

// freeOn is how many bytes a folder's disk has left for us. known is false where nobody can say.
func freeOn(folder string) (free uint64, known bool) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, false
	}
	return stat.Bavail * uint64(stat.Bsize), true
}
