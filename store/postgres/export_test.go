package postgres

// Idle is how long nobody asked anything of a connection.
var Idle = idle

// CheckAlways lets every connection count as idle for long.
func (db *DB) CheckAlways() { db.idleAfter = -1 }
