package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// errMoved says that what is written does not reach the file that the next
// start will open.
var errMoved = errors.New("the file of the database is not what was opened")

// part is a file that SQLite has open under a name.
type part struct {
	name string
	info fs.FileInfo
	// least is what it never becomes smaller than.
	least int64
}

// opened notes what SQLite has open by now.
func (f *file) opened() error {
	// A power cut must not bring back the journal of the change to a log, which
	// would undo that change beside a log that is in use.
	folder, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return err
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return err
	}
	main, err := f.main.Stat()
	if err != nil {
		return err
	}
	parts := []part{{name: f.path, info: main}}
	for _, end := range []string{"-wal", "-shm"} {
		info, err := os.Stat(f.path + end)
		if err != nil {
			return err
		}
		parts = append(parts, part{name: f.path + end, info: info})
	}
	index := &parts[2]
	index.least = index.info.Size()
	if f.start, err = f.header(); err != nil {
		return err
	}
	f.parts = parts
	return f.inPlace()
}

// inPlace returns an error once one of the files was removed, replaced, written
// over or cut short: then the next start will not find what is committed. The file
// itself is looked at first.
func (f *file) inPlace() error {
	for _, p := range f.parts {
		if err := p.inPlace(); err != nil {
			return err
		}
	}
	if f.parts == nil {
		return nil
	}
	now, err := f.header()
	if err != nil {
		return fmt.Errorf("%w: %w", errMoved, err)
	}
	if !now.logged || now.changes < f.start.changes {
		return fmt.Errorf("%w: something else was copied into %s", errMoved, f.path)
	}
	return nil
}

// usable returns an error once the index of the log was cut short. SQLite maps it into
// memory, and the system ends a program that touches a part that is gone. So it is asked
// before a use, but not within lookEvery of the look before: a look at each use takes
// BenchmarkHomeOfASignedInPerson a tenth longer. The program still ends if the index is
// cut so shortly before a use or during it, or cut to no less than it began with after it
// has grown, as it does for a log of more than 4,000 pages. A start after that finds all
// that was acknowledged.
func (f *file) usable() error {
	now := time.Now().UnixMicro()
	since := now - f.looked.Load()
	if f.parts == nil || since >= 0 && since < lookEvery.Microseconds() {
		return nil
	}
	index := f.parts[len(f.parts)-1]
	if index.shortened() {
		return index.cut()
	}
	f.looked.Store(now)
	return nil // of one that was removed SQLite still has all
}

const lookEvery = 10 * time.Millisecond

func (p part) inPlace() error {
	now, err := os.Stat(p.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s was removed", errMoved, p.name)
	case err != nil:
		return fmt.Errorf("%w: %w", errMoved, err)
	case !os.SameFile(now, p.info):
		return fmt.Errorf("%w: %s was replaced", errMoved, p.name)
	case now.Size() < p.least:
		return p.cut()
	}
	return nil
}

func (p part) cut() error { return fmt.Errorf("%w: %s was cut short", errMoved, p.name) }

// lostLog says whether the log alone was removed, and nobody has begun another
// one.
func (f *file) lostLog() bool {
	now, err := os.Stat(f.path)
	if err != nil || len(f.parts) == 0 || !os.SameFile(now, f.parts[0].info) {
		return false
	}
	_, err = os.Stat(f.path + "-wal")
	return errors.Is(err, fs.ErrNotExist)
}
