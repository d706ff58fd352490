// Package identity says what the program is called outside of itself, so that two products on one
// machine do not meet. Everything follows from Program. The words that derive keys (store/secret)
// are not among these names: they never change.
package identity

import "strings"

// Program is the name of the command, in small letters and digits. A product sets PROGRAM in its
// product.mk, and make build has the linker write it here: tests read the name below. A site that
// is installed already needs its variables and files renamed with it.
var Program = "gatehouse"

var (
	// Environment begins the names of all environment variables.
	Environment = strings.ToUpper(Program)
	// Database is the SQLite file where no other is named.
	Database = Program + ".db"
	// Secret is the file that holds the secret of a site on another database.
	Secret = Program + SecretEnding
	// Metrics begins the names of our metrics.
	Metrics = Program + "_"
)

// SecretEnding is what the file with the secret of a site has behind the name of its SQLite file.
const SecretEnding = ".secret"
