package main

import (
	"fmt"
	"net/http"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"gatehouse/store/storetest"
)

// limitFiles lets a running program make no file larger than that, which is for
// it as if the disk were full.
func (p *process) limitFiles(bytes uint64) {
	p.t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if failed != 0 {
		p.t.Fatal(failed)
	}
}

func TestAFullDiskLosesNothingAndIsNotReady(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	p.caller().register(storetest.Ada()).is(t, http.StatusSeeOther)
	log, err := os.Stat(p.database + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	p.limitFiles(uint64(log.Size()) + 200<<10)
	acknowledged := []string{"ada"}
	for n := 0; ; n++ {
		name := fmt.Sprintf("guest-%d", n)
		answer := p.caller().register(guest(name))
		if answer.status != http.StatusSeeOther {
			p.asksToTryAgain(answer)
			break
		}
		acknowledged = append(acknowledged, name)
	}
	p.notReady("the disk is full")
	p.asksToTryAgain(p.caller().signIn(storetest.Ada()))
	p.notReady("the disk is full")
	p.caller().get("/login").is(t, http.StatusOK)

	p.limitFiles(^uint64(0))
	p.caller().get("/readyz").is(t, http.StatusOK)
	p.caller().register(guest("later")).is(t, http.StatusSeeOther)
	p.signal(syscall.SIGKILL)
	p.end()
	p = launch(t, p.database)
	kept := usernames(t, p.database)
	for _, name := range append(acknowledged, "later") {
		if !kept[name] {
			t.Errorf("%s was acknowledged and is gone", name)
		}
	}
	sound(t, p.database, len(kept))
}
