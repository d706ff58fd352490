package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// asGoodAsOne is how long before its log a file was changed at least, if it is
// not doubtful. Pages reach the log first and the file much later, so a file
// that was changed after its log, or at about the same time, was just written
// back to, or put there. A file that is moved there keeps its time, but not the
// one of its last change of any kind.
const asGoodAsOne = time.Second

// errMixed says that a file and its log do not make one sound database.
var errMixed = errors.New("the database is damaged")

// look goes through a doubtful file as it is with its log, and refuses what is
// not sound, by way of a pool that may only read. It writes to neither. It takes a second for each 200 MB, roughly.
//
// That finds pages which contradict each other. It does not find a copy of a file
// in use whose log was begun anew since, if all that the copy lacks of the logs
// before is changes that moved no row and no entry of an index: such pages
// contradict nothing.
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
