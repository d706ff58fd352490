// Package rules holds the rules for what people type, with the sentences that
// refuse it. It is pure: it asks no database, no clock and nobody else.
package rules
