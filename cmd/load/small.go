package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// smallCommand measures how fast the program starts and how much memory it uses.
type smallCommand struct {
	Program  string `arg:"" help:"The program."`
	Requests int    `default:"1000000" help:"How many requests may leave nothing behind."`
}

// Bounds.
const (
	startMost = 100 * time.Millisecond
	idleMost  = 30 // MiB
	stormMost = 80 // MiB
	// growthMost is how much more memory the second half of the requests may use than the
	// first, in MiB. Allocators never return all pages.
	growthMost = 4
)

// starts is how many starts are measured.
const starts = 9

// Run prints what it measured and fails where a bound is missed.
func (c smallCommand) Run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "small-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	database := filepath.Join(folder, "gatehouse.db")
	var missed []error
	ready, idle, err := c.start(ctx, database)
	if err != nil {
		return err
	}
	fmt.Printf("start to first answer   %s, median of %d with an existing database\n", ms(ready), starts)
	if ready > startMost {
		missed = append(missed, fmt.Errorf("the start may take %s", startMost))
	}
	fmt.Printf("resident when idle      %.1f MiB\n", mib(idle))
	if mib(idle) > idleMost {
		missed = append(missed, fmt.Errorf("idle memory may be %d MiB", idleMost))
	}
	storm, err := stormCommand{People: crowd}.measure(ctx, c.Program)
	if err != nil {
		return err
	}
	fmt.Printf("resident in the storm   %.1f MiB\n", mib(storm.memory))
	if mib(storm.memory) > stormMost {
		missed = append(missed, fmt.Errorf("memory in the storm may be %d MiB", stormMost))
	}
	return errors.Join(append(missed, c.grow(ctx, database))...)
}

// start starts the program repeatedly on an existing database. It returns the medians of the
// time to the first answer and of the memory afterwards.
func (c smallCommand) start(ctx context.Context, database string) (time.Duration, int64, error) {
	var took, memory []float64
	for i := range starts + 1 {
		begun := time.Now()
		site, err := gatehouse(ctx, c.Program, database)
		if err != nil {
			return 0, 0, err
		}
		status, err := newPerson(site).get(ctx, "/login")
		answered := time.Since(begun)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("answered with %d", status)
		}
		sleep(ctx, time.Second) // let background work at the start finish
		all, _, failed := site.resident()
		if err := errors.Join(err, failed, site.stop()); err != nil {
			return 0, 0, err
		}
		if i > 0 { // the first start created the database
			took, memory = append(took, float64(answered)), append(memory, float64(all))
		}
	}
	return time.Duration(median(took)), int64(median(memory)), nil
}

// grow requests pages, signed in and not. It compares the peak memory, the threads and the
// files of the first half with those of the second.
func (c smallCommand) grow(ctx context.Context, database string) (err error) {
	site, err := gatehouse(ctx, c.Program, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.stop()) }()
	targets, stop, err := pages(ctx, site)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	var memory [2]int64
	var handles [2]int
	asked := 0
	for half := range memory {
		for i := 0; asked < c.Requests*(half+1)/2; i++ {
			const lasting = 2 * time.Second
			rate, err := targets[i%len(targets)].run(ctx, lasting)
			if err != nil {
				return err
			}
			asked += int(rate * lasting.Seconds())
			// The amount of garbage at any one moment is chance; the peak is not.
			_, own, err := site.resident()
			if err != nil {
				return err
			}
			memory[half] = max(memory[half], own)
		}
		if handles[half], err = site.handles(); err != nil {
			return err
		}
	}
	fmt.Printf("up to %d requests  %.1f MiB of its own, %d threads and files; up to %d %.1f MiB, %d\n",
		asked/2, mib(memory[0]), handles[0], asked, mib(memory[1]), handles[1])
	if mib(memory[1]-memory[0]) > growthMost || handles[1] > handles[0] {
		return errors.New("it grew")
	}
	return nil
}

// handles counts the threads and the open files of the process.
func (s *server) handles() (int, error) {
	n := 0
	for _, kind := range []string{"task", "fd"} {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", s.process.Process.Pid, kind))
		if err != nil {
			return 0, err
		}
		n += len(entries)
	}
	return n, nil
}
