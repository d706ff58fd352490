package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

// scaleCommand measures the program alternately with few accounts and with many, and then
// sign-ins and pruning with many.
type scaleCommand struct {
	Program  string        `arg:"" help:"The program."`
	Postgres bool          `help:"On a throw-away PostgreSQL, instead of SQLite."`
	Few      int           `default:"1000" help:"How many are few."`
	Many     int           `default:"1000000" help:"How many are many."`
	Expired  int           `default:"20000" help:"How many accounts have everything expired when pruning is measured."`
	Lasting  time.Duration `default:"4s" help:"How long each page is asked for in each round."`
	Rounds   int           `default:"3" help:"Rounds; figures are their medians."`
}

const (
	// scaleLeast is the required part of the speed with few accounts.
	scaleLeast = 0.8
	// batchMost is how long a batch of pruning may block other writers.
	batchMost = 50 * time.Millisecond
)

// Run prints a line for each page and each pruning, and fails if a bound is missed.
func (c scaleCommand) Run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "scale-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	few, many := filepath.Join(folder, "few.db"), filepath.Join(folder, "many.db")
	if c.Postgres {
		cluster, err := storetest.StartCluster()
		if err != nil {
			return err
		}
		defer cluster.Close()
		few, many = cluster.URL("few"), cluster.URL("many")
		for _, name := range []string{"few", "many"} {
			if err := cluster.CreateDatabase(ctx, name); err != nil {
				return err
			}
		}
	}
	for _, size := range []fillCommand{{few, c.Few, false}, {many, c.Many, false}} {
		if err := size.Run(ctx); err != nil {
			return err
		}
	}
	missed := c.compare(ctx, few, many)
	missed = errors.Join(missed, stormCommand{Program: c.Program, Database: many, People: crowd}.Run(ctx))
	if err := (fillCommand{many, c.Expired, true}).Run(ctx); err != nil {
		return err
	}
	return errors.Join(missed, c.prune(ctx, many))
}

// compare measures the same targets on both databases, alternating in each round.
func (c scaleCommand) compare(ctx context.Context, few, many string) (err error) {
	// Staff would have to set up a second step first.
	small, err := gatehouse(ctx, c.Program, few, "--second-step", "optional")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.stop()) }()
	large, err := gatehouse(ctx, c.Program, many, "--second-step", "optional")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, large.stop()) }()
	before, stop, err := pages(ctx, small)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	after, stopToo, err := pages(ctx, large)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopToo()) }()
	beforeToo, err := searches(ctx, small, few)
	if err != nil {
		return err
	}
	afterToo, err := searches(ctx, large, many)
	if err != nil {
		return err
	}
	before, after = append(before, beforeToo...), append(after, afterToo...)
	fmt.Printf("%-44s %9s %9s %6s %6s\n", "", "many", "few", "ratio", "least")
	missed := 0
	for i, t := range after {
		t.by = before[i].request
		f, err := t.measure(ctx, c.Lasting, c.Rounds)
		if err != nil {
			return err
		}
		if !f.print(t.name, scaleLeast) {
			missed++
		}
	}
	rates, err := passwords(ctx, large, small)
	if err != nil {
		return err
	}
	for _, r := range rates {
		if !r.figures.print(r.name, scaleLeast) {
			missed++
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d figures with many accounts were below %.1f of those with few", missed, scaleLeast)
	}
	return nil
}

// prune deletes expired data as the program does, and times each batch.
func (c scaleCommand) prune(ctx context.Context, place string) (err error) {
	db, err := open(ctx, place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sessions, err := db.Sessions(ctx)
	if err != nil {
		return err
	}
	accounts, err := store.New(ctx, db.Accounts(), &rules.Passwords{}, &secret.Hasher{Cost: cost}, store.DefaultRules, time.Now,
		slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		return err
	}
	var missed error
	for _, pruning := range append([]store.Pruning{{Name: "sessions", Do: sessions.Prune}}, accounts.Prunings()...) {
		var longest time.Duration
		rows, batches := int64(0), 0
		for {
			begun := time.Now()
			n, err := pruning.Do(ctx, store.PruneBatch)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			longest = max(longest, time.Since(begun))
			rows, batches = rows+n, batches+1
		}
		if rows == 0 {
			continue
		}
		fmt.Printf("pruning %-36s %6d rows in %4d batches, the longest %s\n", pruning.Name, rows, batches, ms(longest))
		if longest > batchMost {
			missed = errors.Join(missed, fmt.Errorf("a batch of %s may hold the writer for %s", pruning.Name, batchMost))
		}
	}
	return missed
}
