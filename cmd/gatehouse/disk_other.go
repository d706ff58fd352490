//go:build !linux

package main

// freeOn is how many bytes a folder's disk has left for us. known is false where nobody can say.
func freeOn(string) (free uint64, known bool) { return 0, false }

// networkDisk says whether a folder is on a disk of another machine, where anybody can say.
func networkDisk(string) (kind string, network bool) { return "", false }
