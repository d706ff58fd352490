//go:build !linux

package secret

// lowerPriority does nothing: elsewhere priorities belong to whole processes.
func lowerPriority() {}
