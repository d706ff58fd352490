//go:build ungated

package secret

// A program built so hashes passwords at once and at full priority, as programs
// without a gate do. It is for comparison only: make storm.
func init() { ungated = true }
