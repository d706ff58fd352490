package sqlite

import (
	"io/fs"
	"syscall"
	"time"
)

// changed is when anything about a file was changed last: its content, its name, its
// owner (ctime). Nobody can set that to another time.
func changed(info fs.FileInfo) time.Time {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(stat.Ctim.Unix())
	}
	return info.ModTime()
}

// shortened says whether a part is smaller than it ever becomes. It runs often, so
// it avoids what os.Stat allocates.
func (p part) shortened() bool {
	var now syscall.Stat_t
	if syscall.Stat(p.name, &now) != nil {
		return false
	}
	was, ok := p.info.Sys().(*syscall.Stat_t)
	return ok && now.Dev == was.Dev && now.Ino == was.Ino && now.Size < p.least
}
