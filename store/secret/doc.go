// Package secret holds all cryptography and randomness: hashing passwords, sealing
// letters, making tokens. It knows no database and no account.
package secret
