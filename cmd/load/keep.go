package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/store/storetest"
)

// keepCommand measures what whoever runs a site does with its database: a backup while it is served, a
// restore, a look by doctor, and copies to PostgreSQL and back.
type keepCommand struct {
	Program  string `arg:"" help:"The program."`
	Accounts int    `default:"1000000" help:"How many."`
}

// Bounds for a million accounts: twice what was measured on two shared cores of an AMD EPYC. Of fewer
// they are as much less.
const (
	backupMost     = 80 * time.Second
	restoreMost    = 120 * time.Second
	doctorMost     = 60 * time.Second
	copyMost       = 250 * time.Second
	keepMemoryMost = 80 // MiB
)

// Run prints what it measured and fails where a bound is missed.
func (c keepCommand) Run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "keep-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	live, backup, back := filepath.Join(folder, "live.db"), filepath.Join(folder, "backup.db"), filepath.Join(folder, "back.db")
	if err := (fillCommand{live, c.Accounts, false}).Run(ctx); err != nil {
		return err
	}
	missed := c.backUp(ctx, live, backup)
	cluster, err := storetest.StartCluster()
	if err != nil {
		return err
	}
	defer cluster.Close()
	if err := cluster.CreateDatabase(ctx, "copied"); err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		most time.Duration
		args []string
	}{
		{"restore", restoreMost, []string{"restore", backup, "--yes", "--database", live}},
		{"doctor", doctorMost, []string{"doctor", "--whole", "--database", live}},
		{"copy to PostgreSQL", copyMost, []string{"copy", "--from", live, "--to", cluster.URL("copied")}},
		{"copy to SQLite", copyMost, []string{"copy", "--from", cluster.URL("copied"), "--to", back}},
	} {
		m, err := command(ctx, c.Program, step.args...)
		if err != nil {
			return errors.Join(missed, err)
		}
		c.print(step.what, m)
		missed = errors.Join(missed, m.within(step.what, c.part(step.most), keepMemoryMost))
	}
	return missed
}

// backUp makes a backup while somebody asks for pages.
func (c keepCommand) backUp(ctx context.Context, live, backup string) (err error) {
	site, err := gatehouse(ctx, c.Program, live, "--second-step", "optional")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.stop()) }()
	var samples []sample
	var calm time.Duration
	var m measured
	err = meanwhile(ctx, site, &samples, &calm, func() (err error) {
		m, err = command(ctx, c.Program, "backup", backup, "--database", live)
		return err
	})
	if err != nil {
		return err
	}
	c.print("backup", m)
	return errors.Join(m.within("backup", c.part(backupMost), keepMemoryMost), pagesMeanwhile(samples, calm, m.took))
}

func (c keepCommand) print(what string, m measured) {
	line, _, _ := strings.Cut(m.said, "\n")
	fmt.Printf("%-20s %6.1f s %6.0f MiB  %s\n", what, m.took.Seconds(), m.memory, line)
}

// part is a bound for a million accounts, for as many as there are, with two seconds for the start.
func (c keepCommand) part(most time.Duration) time.Duration {
	return 2*time.Second + time.Duration(float64(most)*float64(c.Accounts)/million)
}
