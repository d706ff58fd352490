//go:build unix

package sqlite

import (
	"os"
	"syscall"
)

// The bytes of a database file that SQLite locks: every program that has it open with a log holds some
// of them (https://www.sqlite.org/fileformat2.html, "The Lock-Byte Page").
const (
	lockBytesAt = 0x40000000
	lockBytes   = 512
)

// unheld returns ErrInUse where another program has the file open.
func unheld(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: 0, Start: lockBytesAt, Len: lockBytes}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		return err
	}
	if lock.Type != syscall.F_UNLCK {
		return ErrInUse
	}
	return nil
}
