//go:build !linux

package secret

// lowerPriority does nothing: elsewhere priorities belong to whole processes.
func lowerPriority() {}

// lowerProcess does nothing where priorities do not belong to threads.
func lowerProcess() {}
