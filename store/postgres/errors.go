package postgres

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs, as in Appendix A of the manual of PostgreSQL.
const (
	uniqueViolation  = "23505"
	undefinedTable   = "42P01"
	undefinedColumn  = "42703"
	invalidSchema    = "3F000"
	noPrivilege      = "42501"
	wrongState       = "55000"
	readOnly         = "25006"
	serialization    = "40001"
	deadlock         = "40P01"
	diskFull         = "53100"
	tooMany          = "53300"
	lockTimeout      = "55P03"
	canceled         = "57014"
	adminShutdown    = "57P01"
	crashShutdown    = "57P02"
	cannotConnectNow = "57P03"
	noDatabase       = "3D000"
	dataCorrupted    = "XX001"
	indexCorrupted   = "XX002"
	notSupported     = "0A000"
	noStatement      = "26000"
	sameStatement    = "42P05"
)

// ended is how the SQLSTATEs begin with which the server ends connections, even idle
// ones.
const ended = "57P"

// state is the SQLSTATE of what the server said, or empty.
func state(err error) string {
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return failed.Code
	}
	return ""
}

// class is that of a SQLSTATE.
func class(code string) string { return code[:min(2, len(code))] }

// conflict reads the name of a violated unique constraint.
func conflict(err error) string {
	var failed *pgconn.PgError
	if errors.As(err, &failed) && failed.Code == uniqueViolation {
		return failed.ConstraintName
	}
	return ""
}

// noTable says whether err means that a table does not exist.
func noTable(err error) bool { return state(err) == undefinedTable }

// retryable says whether err means that another transaction was in the way, or that a
// prepared statement is missing or no longer fits the tables. The driver then prepares
// it again.
func retryable(err error) bool {
	switch state(err) {
	case serialization, deadlock, noStatement, sameStatement:
		return true
	}
	return stalePlan(err)
}

func stalePlan(err error) bool {
	return state(err) == notSupported && strings.Contains(err.Error(), "cached plan")
}

// trouble says why the database takes no work for now: it cannot be reached, it
// ends its connections, or it refuses what it accepted before.
func trouble(err error) (why string, inPart bool) {
	if why := partTrouble(err); why != "" {
		return why, true
	}
	return wholeTrouble(err), false
}

// partTrouble is trouble that may concern only some tables, or some pages of one.
func partTrouble(err error) string {
	code := state(err)
	switch code {
	case diskFull: // its tables may lie on several
		return "its disk is full"
	case dataCorrupted, indexCorrupted:
		return "it is damaged"
	case noPrivilege:
		return "it denies rights that the program needs"
	case undefinedTable, undefinedColumn, invalidSchema:
		return "its tables are not those of this version"
	case wrongState: // as of a table that is replicated and has no key
		return "it refuses changes to a table"
	}
	switch class(code) {
	case "58": // system error
		return "its files cannot be read or written"
	case "XX": // internal error
		return "it reports a fault of its own"
	}
	return ""
}

func wholeTrouble(err error) string {
	code := state(err)
	switch code {
	case readOnly:
		return "it is read-only"
	case serialization, deadlock:
		return "too much is changed at once"
	case tooMany:
		return "it takes no more connections"
	case canceled, lockTimeout:
		return "it does not answer in time"
	case adminShutdown, crashShutdown, cannotConnectNow:
		return "it is starting or stopping"
	case noDatabase:
		return "it is not there"
	case noStatement, sameStatement:
		return "a pooler mixes up prepared statements"
	}
	if stalePlan(err) {
		return "its tables have just changed"
	}
	switch class(code) {
	case "28": // invalid authorization
		return "it refuses the user or the password"
	case "53": // insufficient resources
		return "it is short of resources"
	case "08", "57": // connection exception, operator intervention
		return "it does not answer"
	}
	if strings.HasPrefix(code, "25P0") && code != "25P01" && code != "25P02" { // it ended an idle transaction
		return "it does not answer in time"
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect):
		return "it cannot be reached"
	case code != "":
		return ""
	case errors.As(err, &network), errors.Is(err, driver.ErrBadConn), errors.Is(err, pgconn.ErrConnClosed), errors.Is(err, io.ErrUnexpectedEOF),
		pgconn.SafeToRetry(err), pgconn.Timeout(err), strings.Contains(err.Error(), "too many failed attempts acquiring"):
		return "it does not answer"
	}
	return ""
}
