package secret

import "syscall"

const niceness = 10

// lowerPriority makes the calling thread nicer; on Linux priorities belong to
// threads. A refusal only costs smoothness, so it is not reported.
func lowerPriority() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness) }
