package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// doubtWithin makes a file doubtful if it was not changed at least so long before its
// log. Pages reach the log first and the file much later. So a file that was changed
// after its log, or at about the same time, was either just written back to, or put
// there. Moving a file leaves its mtime as it is, but not its ctime.
const doubtWithin = time.Second

// errMixed says that a file and its log do not make one sound database.
var errMixed = errors.New("the database is damaged")

// look checks a doubtful file together with its log, on a pool that may only read. It
// refuses what is damaged, and writes to neither. It reads the whole file.
//
// It finds pages that contradict each other. One case it cannot find: a copy of a file
// in use whose log was restarted since, where the changes that the copy lacks moved no
// row and no entry of an index. Such pages contradict nothing.
func look(ctx context.Context, pool *sql.DB, path string) error {
	var said string
	err := pool.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said)
	if _, damaged := trouble(err); err != nil && !damaged {
		return err
	}
	if err == nil && said == "ok" {
		return nil
	}
	return fmt.Errorf("%w: %s, with %[2]s-wal beside it, contradicts itself; if you put a copy back, remove %[2]s-wal and %[2]s-shm and start again, and if that does not help, put back a copy that was taken by VACUUM INTO", errMixed, path)
}
