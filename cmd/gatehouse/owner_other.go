//go:build !unix

package main

// ownedLike does nothing where files have no such owners.
func ownedLike(string, string) error { return nil }
