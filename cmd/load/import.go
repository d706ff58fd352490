package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gatehouse/store/storetest"
)

// importCommand measures people coming from a file while the site runs, and leaving into one.
type importCommand struct {
	Program  string `arg:"" help:"The program."`
	Postgres bool   `help:"On a throw-away PostgreSQL, instead of SQLite."`
	People   int    `default:"1000000" help:"How many."`
}

// Bounds for a million people: twice what was measured on two shared cores of an AMD EPYC. Of fewer
// they are as much less.
const (
	importSQLiteMost   = 6 * time.Minute
	importPostgresMost = 12 * time.Minute
	exportMost         = 20 * time.Second
	importMemoryMost   = 128 // MiB
	exportMemoryMost   = 64  // MiB
	million            = 1_000_000
)

// Run prints what it measured and fails where a bound is missed.
func (c importCommand) Run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "import-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	database, most := filepath.Join(folder, "gatehouse.db"), importSQLiteMost
	if c.Postgres {
		cluster, err := storetest.StartCluster()
		if err != nil {
			return err
		}
		defer cluster.Close()
		if err := cluster.CreateDatabase(ctx, "import"); err != nil {
			return err
		}
		database, most = cluster.URL("import"), importPostgresMost
	}
	people := filepath.Join(folder, "people.csv")
	control, err := c.write(people)
	if err != nil {
		return err
	}
	site, err := gatehouse(ctx, c.Program, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.stop()) }()
	samples, begun, came, err := c.measure(ctx, site, database, people)
	if err != nil {
		return err
	}
	fmt.Printf("%d people imported in %.0f s with %.0f MiB; writing their file took %.1f s\n", c.People, came.took.Seconds(), came.memory, control.Seconds())
	missed := c.within("the import", came, c.part(most), importMemoryMost)
	calm, busy := between(samples, 0, begun), between(samples, begun, begun+came.took)
	if len(busy) > 0 {
		calm99, busy99 := quantile(calm, .99), quantile(busy, .99)
		fmt.Printf("sign-in page meanwhile, p99 %s idle %s, %.1f times\n", ms(calm99), ms(busy99), float64(busy99)/float64(calm99))
		if float64(busy99) > p99Most*float64(calm99) {
			missed = errors.Join(missed, fmt.Errorf("pages meanwhile: at most %d times the idle p99", p99Most))
		}
	}
	out := filepath.Join(folder, "people.jsonl")
	left, err := c.command(ctx, "export", "--with-passwords", "--out", out, "--database", database)
	if err != nil {
		return err
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	fmt.Printf("%d people exported in %.1f s with %.0f MiB, %.0f MiB of JSON Lines\n", c.People, left.took.Seconds(), left.memory, mib(info.Size()))
	return errors.Join(missed, c.within("the export", left, c.part(exportMost), exportMemoryMost))
}

// part is a bound for a million people, for as many as there are, with a second for the start.
func (c importCommand) part(most time.Duration) time.Duration {
	return time.Second + time.Duration(float64(most)*float64(c.People)/million)
}

// write makes the file, and says how long that took.
func (c importCommand) write(path string) (took time.Duration, err error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	lines := bufio.NewWriter(file)
	fmt.Fprintln(lines, "username,email,name,password,created_at")
	for n := range c.People {
		fmt.Fprintf(lines, "imported-%d,imported-%d@load.example,Person Number %d,%s,2020-01-02 03:04:05\n", n, n, n, hash)
	}
	return time.Since(begun), lines.Flush()
}

// measured is a command that was run: how long it took, and the most memory it had, in MiB.
type measured struct {
	took   time.Duration
	memory float64
}

// measure imports the file while somebody asks for the sign-in page at a steady rate.
func (c importCommand) measure(ctx context.Context, site *server, database, people string) (samples []sample, calm time.Duration, m measured, err error) {
	probing, stop := context.WithCancel(ctx)
	probed := make(chan error, 1)
	begun, visitor := time.Now(), newPerson(site)
	look := func(ctx context.Context, _ int) error { return answered(http.StatusOK)(visitor.get(ctx, "/login")) }
	go func() { probed <- probe(probing, begun, pace, look, &samples) }()
	sleep(ctx, calmTime)
	calm = time.Since(begun)
	m, err = c.command(ctx, "import", people, "--database", database)
	stop()
	return samples, calm, m, errors.Join(err, <-probed)
}

// command runs user import or user export.
func (c importCommand) command(ctx context.Context, args ...string) (m measured, err error) {
	program, err := filepath.Abs(c.Program)
	if err != nil {
		return m, err
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"user"}, args...)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return m, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, said.String())
	}
	m.took = time.Since(begun)
	if usage, known := cmd.ProcessState.SysUsage().(*syscall.Rusage); known {
		m.memory = float64(usage.Maxrss) / 1024
	}
	return m, nil
}

// within says which bounds are missed.
func (c importCommand) within(what string, m measured, most time.Duration, memory float64) error {
	var missed error
	if m.took > most {
		missed = fmt.Errorf("%s may take %s", what, most)
	}
	if m.memory > memory {
		missed = errors.Join(missed, fmt.Errorf("%s may have %.0f MiB", what, memory))
	}
	return missed
}
