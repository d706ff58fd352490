package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/store/storetest"
)

// jobHouse is a product with one job on a database, as one copy of the program runs it.
type jobHouse struct {
	jobs
	clock *storetest.Clock
	log   *bytes.Buffer
}

func newJobHouse(t *testing.T, d storetest.Database, do func(ctx context.Context) error) jobHouse {
	t.Helper()
	clock, log := storetest.NewClock(), &bytes.Buffer{}
	h := jobHouse{clock: clock, log: log, jobs: jobs{
		store: storetest.New(t, d.Migrated(t).Accounts(), clock), log: slog.New(slog.NewTextHandler(log, nil)),
		all: []handlers.Job{{Name: "weekly", Every: time.Hour, Do: do}},
	}}
	if err := h.store.Extend(handlers.Product{Jobs: h.all}.ForStore()); err != nil {
		t.Fatal(err)
	}
	h.looks(t)
	return h
}

func (h jobHouse) looks(t *testing.T) {
	t.Helper()
	if err := h.runDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestJobsRunOnceAPeriod(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			h := newJobHouse(t, d, func(ctx context.Context) error {
				if _, limited := ctx.Deadline(); !limited {
					t.Error("a run has no end")
				}
				runs++
				return nil
			})
			for range 3 {
				h.clock.Move(time.Hour)
				h.looks(t)
				h.looks(t)
			}
			if runs != 3 || strings.Count(h.log.String(), "job done") != 3 {
				t.Errorf("it ran %d times:\n%s", runs, h.log)
			}
		})
	}
}

func TestAJobThatFailsOrPanicsIsRepeated(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("the shelf is empty") },
		"a panic":  func() error { panic("the shelf is empty") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			h := newJobHouse(t, storetest.SQLite, func(context.Context) error {
				if runs++; runs == 1 {
					return fail()
				}
				return nil
			})
			h.clock.Move(time.Hour)
			h.looks(t)
			h.clock.Move(handlers.JobRetry - time.Second)
			h.looks(t)
			if runs != 1 {
				t.Errorf("it is repeated before its time: %d", runs)
			}
			h.clock.Move(time.Second)
			h.looks(t)
			if runs != 2 || strings.Count(h.log.String(), "the shelf is empty") != 1 || h.store.JobFailures("weekly") != 1 {
				t.Errorf("it ran %d times:\n%s", runs, h.log)
			}
		})
	}
}

// A run that a stop cuts off goes on right after the restart.
func TestAJobThatIsCutOffIsDueAtOnce(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	runs := 0
	h := newJobHouse(t, storetest.SQLite, func(ctx context.Context) error {
		if runs++; runs == 1 {
			stop()
			<-ctx.Done()
		}
		return ctx.Err()
	})
	h.clock.Move(time.Hour)
	h.run(ctx)
	h.looks(t)
	if runs != 2 {
		t.Errorf("it ran %d times:\n%s", runs, h.log)
	}
}

// shelf is a product with everything that the command line knows of one.
type shelf struct {
	settings struct {
		ShelfSize int `default:"3" help:"Books on a shelf."`
	}
	site *handlers.Site
	runs int
	fail error
}

type shelfCommand struct {
	shelf *shelf
	Name  string `arg:"" help:"Whose."`
}

// Run says how many books somebody may have.
func (c *shelfCommand) Run(ctx context.Context, out io.Writer) error {
	user, err := c.shelf.site.Store.Find(ctx, c.Name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has room for %d\n", user.Username, c.shelf.settings.ShelfSize)
	return err
}

func (s *shelf) product(site *handlers.Site) handlers.Product {
	s.site = site
	return handlers.Product{
		Settings: &s.settings,
		Commands: []handlers.Command{{Name: "shelf", Help: "Show a shelf.", Do: &shelfCommand{shelf: s}}},
		Jobs: []handlers.Job{{Name: "weekly", Every: 7 * 24 * time.Hour, Do: func(ctx context.Context) error {
			s.runs++
			if _, err := site.Store.Users(ctx, 0, 1); err != nil {
				return err
			}
			return s.fail
		}}},
	}
}

// runs a command of the product on a database that has Ada.
func (s *shelf) run(t *testing.T, database string, args ...string) (status int, out, complaint string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	term := terminal{strings.NewReader(storetest.Password + "\n"), &stdout, &stderr}
	status = runProduct(t.Context(), append(args, "--database", database, "--insecure-test", "--bcrypt-cost", "4"), term, time.Now, s.product)
	return status, stdout.String(), stderr.String()
}

func TestAProductHasCommandsSettingsAndJobs(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "shelf.db")
	s := &shelf{}
	if status, _, complaint := s.run(t, database, "shelf", "ada"); status != exitFailed || !strings.Contains(complaint, "there is no database") {
		t.Errorf("without a database: %d %s", status, complaint)
	}
	if status, _, complaint := s.run(t, database, "user", "add", "ada", "--email", "ada@example.com"); status != exitDone {
		t.Fatal(complaint)
	}
	for _, c := range []struct {
		args            []string
		status          int
		says, complains string
	}{
		{[]string{"shelf", "ada"}, exitDone, "ada has room for 3\n", ""},
		{[]string{"shelf", "ada", "--shelf-size", "7"}, exitDone, "ada has room for 7\n", ""},
		{[]string{"shelf", "ada", "--shelf-size", "x"}, exitUsage, "", "--shelf-size"},
		{[]string{"shelf"}, exitUsage, "", "<name>"},
		{[]string{"--help"}, exitDone, "Show a shelf.", ""},
		{[]string{"job", "list"}, exitDone, "weekly  168h0m0s  -     -\n", ""},
		{[]string{"job", "run", "weekly"}, exitDone, "ran weekly\n", ""},
		{[]string{"job", "list", "--json"}, exitDone, `"name": "weekly"`, ""},
		{[]string{"job", "run", "daily"}, exitUsage, "", `there is no job "daily"; there are weekly`},
	} {
		status, out, complaint := s.run(t, database, c.args...)
		if status != c.status || !strings.Contains(out, c.says) || !strings.Contains(complaint, c.complains) {
			t.Errorf("%q: %d\n%s%s", c.args, status, out, complaint)
		}
	}
	s.fail = errors.New("the shelf is empty")
	if status, out, complaint := s.run(t, database, "job", "run", "weekly"); status != exitFailed || out != "" || !strings.Contains(complaint, "weekly: the shelf is empty") {
		t.Errorf("a job that fails: %d %s%s", status, out, complaint)
	}
	if s.runs != 2 {
		t.Errorf("the job ran %d times", s.runs)
	}
	var stdout, stderr bytes.Buffer
	none := func(*handlers.Site) handlers.Product { return handlers.Product{} }
	if status := runProduct(t.Context(), []string{"job", "run", "weekly", "--database", database}, terminal{nil, &stdout, &stderr}, time.Now, none); status != exitUsage || !strings.Contains(stderr.String(), "there are no jobs") {
		t.Errorf("without a product: %d %s", status, stderr.String())
	}
}
