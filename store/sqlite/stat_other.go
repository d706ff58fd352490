//go:build !linux

package sqlite

import (
	"io/fs"
	"os"
	"time"
)

// changed is when the content of a file was changed last.
func changed(info fs.FileInfo) time.Time { return info.ModTime() }

// shortened says whether a part is smaller than it ever becomes.
func (p part) shortened() bool {
	now, err := os.Stat(p.name)
	return err == nil && os.SameFile(now, p.info) && now.Size() < p.least
}
