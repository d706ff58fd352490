//go:build !linux

package store

// lowerPriority does nothing: elsewhere priorities belong to whole processes.
func lowerPriority() {}
