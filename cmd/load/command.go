package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// measured is a command that was run: how long it took, and the most memory it had, in MiB.
type measured struct {
	took   time.Duration
	memory float64
	said   string
}

// command runs a command of the program.
func command(ctx context.Context, program string, args ...string) (m measured, err error) {
	if program, err = filepath.Abs(program); err != nil {
		return m, err
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return m, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, said.String())
	}
	m.took, m.said = time.Since(begun), said.String()
	if usage, known := cmd.ProcessState.SysUsage().(*syscall.Rusage); known {
		m.memory = float64(usage.Maxrss) / 1024
	}
	return m, nil
}

// within says which bounds are missed. memory is in MiB.
func (m measured) within(what string, most time.Duration, memory float64) error {
	var missed error
	if m.took > most {
		missed = fmt.Errorf("%s may take %s", what, most)
	}
	if m.memory > memory {
		missed = errors.Join(missed, fmt.Errorf("%s may have %.0f MiB", what, memory))
	}
	return missed
}

// meanwhile does something while somebody asks for the sign-in page at a steady rate, and says how long
// that was asked for before.
func meanwhile(ctx context.Context, site *server, samples *[]sample, calm *time.Duration, do func() error) error {
	probing, stop := context.WithCancel(ctx)
	probed := make(chan error, 1)
	begun, visitor := time.Now(), newPerson(site)
	look := func(ctx context.Context, _ int) error { return answered(http.StatusOK)(visitor.get(ctx, "/login")) }
	go func() { probed <- probe(probing, begun, pace, look, samples) }()
	sleep(ctx, calmTime)
	*calm = time.Since(begun)
	err := do()
	stop()
	return errors.Join(err, <-probed)
}

// pagesMeanwhile prints how long pages took, and says whether that was too long.
func pagesMeanwhile(samples []sample, calm, took time.Duration) error {
	idle, busy := between(samples, 0, calm), between(samples, calm, calm+took)
	if len(busy) == 0 {
		return nil
	}
	idle99, busy99 := quantile(idle, .99), quantile(busy, .99)
	fmt.Printf("sign-in page meanwhile, p99 %s idle %s, %.1f times\n", ms(idle99), ms(busy99), float64(busy99)/float64(idle99))
	if float64(busy99) > p99Most*float64(idle99) {
		return fmt.Errorf("pages meanwhile: at most %d times the idle p99", p99Most)
	}
	return nil
}
