package sqlite

// Saved waits until a log that was removed is written back.
func (db *DB) Saved() { db.saved.Wait() }
