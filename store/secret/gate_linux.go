package secret

import (
	"os"
	"strconv"
	"syscall"
)

const niceness = 10

// lowerPriority makes the calling thread nicer; on Linux priorities belong to
// threads. A refusal only costs smoothness, so it is not reported.
func lowerPriority() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness) }

// lowerProcess makes all threads of the process nicer; those that they start are as nice as they.
func lowerProcess() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return // which only costs smoothness
	}
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, niceness)
		}
	}
}
