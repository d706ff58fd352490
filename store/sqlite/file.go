package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// file is the file of a database, with the log and the index that SQLite keeps
// beside it while it is open.
type file struct {
	path string
	// main stays open longer than all that SQLite has: closing it would give up
	// the locks of this process on the file.
	main  *os.File
	start header
	// doubtful says that the log may have been written for another file.
	doubtful bool
	// journaled says that there is a rollback journal, as one leaves who is killed while the file gets
	// a log or gives it up.
	journaled bool
	parts     []part // nil while it is being opened
	// looked is when the index was last found whole, in microseconds since 1970.
	looked atomic.Int64
}

// header is what the first bytes of a database file say, in the places that
// https://www.sqlite.org/fileformat2.html gives them.
type header struct {
	logged  bool   // it has a write-ahead log
	changes uint32 // the file change counter
	schema  uint32 // the schema cookie, 0 without any table
}

const (
	headerBytes    = 100
	logHeaderBytes = 32 // of a log in which nothing is written
)

// openFile opens or makes the file of a database, readable by its owner alone,
// and refuses one beside which the log of another one lies.
//
// SQLite takes any log of that name for the file's own and would write its pages
// over those of a copy that was put back. In three cases it is certainly not:
//   - There is no file, or an empty one. A log is begun after the first page is
//     written, and SQLite would throw this one away.
//   - The file says that it has no log. It says so before the first byte is
//     written into a log, and again once the log is gone. Copies by VACUUM INTO
//     say so, and all copies that are taken while nobody has the database open,
//     because Close leaves it in that state.
//   - The file has tables but counts a single change. Copies by the backup
//     interface of SQLite, such as .backup, do; open counts another one before
//     such a file gets a log.
//
// None of them is true of what a killed program leaves, nor of a copy of that with its
// log. The log itself is never touched: it may contain the only copy of what was
// acknowledged.
//
// A copy of a file in use shows none of these signs. Where the file may be one it is
// doubtful, and checked as a whole before it is served.
func openFile(path string) (*file, error) {
	log, err := os.Stat(path + "-wal")
	logged := err == nil && log.Size() > logHeaderBytes
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && logged {
		return nil, fmt.Errorf("there is %s-wal but no %[1]s; put the file back that it belongs to, or move it away", path)
	}
	// SQLite gives its journal files the mode of the database file.
	main, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	f := &file{path: path, main: main}
	if f.start, err = f.header(); err != nil {
		return nil, errors.Join(err, main.Close())
	}
	if logged && (!f.start.logged || f.start.fresh()) {
		return nil, errors.Join(fmt.Errorf("%s-wal does not belong to %[1]s; if you put a copy back, remove %[1]s-wal and %[1]s-shm and start again", path), main.Close())
	}
	info, err := main.Stat()
	if err != nil {
		return nil, errors.Join(err, main.Close())
	}
	journal, err := os.Stat(path + "-journal")
	f.journaled = err == nil && journal.Size() > 0
	f.doubtful = f.start.logged && (!logged || changed(log).Sub(changed(info)) < doubtWithin)
	return f, nil
}

// fresh says whether the file is as the backup interface makes it.
func (h header) fresh() bool { return h.schema > 0 && h.changes < 2 }

// header reads what the file says about itself. An empty one says nothing.
func (f *file) header() (header, error) {
	var b [headerBytes]byte
	if _, err := f.main.ReadAt(b[:], 0); errors.Is(err, io.EOF) {
		return header{}, nil
	} else if err != nil {
		return header{}, err
	}
	return header{
		logged:  b[18] == 2 && b[19] == 2,
		changes: binary.BigEndian.Uint32(b[24:]),
		schema:  binary.BigEndian.Uint32(b[40:]),
	}, nil
}
