package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	missed := came.within("the import", c.part(most), importMemoryMost)
	missed = errors.Join(missed, pagesMeanwhile(samples, begun, came.took))
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
	return errors.Join(missed, left.within("the export", c.part(exportMost), exportMemoryMost))
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

// measure imports the file while somebody asks for the sign-in page at a steady rate.
func (c importCommand) measure(ctx context.Context, site *server, database, people string) (samples []sample, calm time.Duration, m measured, err error) {
	err = meanwhile(ctx, site, &samples, &calm, func() (err error) {
		m, err = c.command(ctx, "import", people, "--database", database)
		return err
	})
	return samples, calm, m, err
}

// command runs user import or user export.
func (c importCommand) command(ctx context.Context, args ...string) (m measured, err error) {
	return command(ctx, c.Program, append([]string{"user"}, args...)...)
}
