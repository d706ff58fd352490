package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"
)

type jobCommand struct {
	List jobList `cmd:"" help:"List jobs, when they run next and when they last ended well."`
	Run  jobRun  `cmd:"" help:"Run a job now."`
}

type jobList struct {
	JSON bool `name:"json" env:"-" help:"Print a JSON array."`
}

// listedJob is a job as the command line prints it.
type listedJob struct {
	Name  string     `json:"name"`
	Every string     `json:"every"`
	Next  *time.Time `json:"next"`
	Done  *time.Time `json:"done"`
}

// Run lists the jobs of the product.
func (c jobList) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		runs, err := a.store.JobRuns(inv.ctx)
		if err != nil {
			return err
		}
		list := []listedJob{}
		for _, job := range inv.site.Product.Jobs {
			listed := listedJob{Name: job.Name, Every: job.Every.String()}
			for _, run := range runs {
				if run.Name != job.Name {
					continue
				}
				listed.Next = &run.DueAt
				if !run.DoneAt.IsZero() {
					listed.Done = &run.DoneAt
				}
			}
			list = append(list, listed)
		}
		if c.JSON {
			return writeJSON(inv.term.out, list)
		}
		return printJobs(inv.term.out, list)
	})
}

func printJobs(out io.Writer, list []listedJob) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "JOB\tEVERY\tNEXT\tLAST DONE")
	for _, job := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", job.Name, job.Every, date(job.Next), date(job.Done))
	}
	return w.Flush()
}

type jobRun struct {
	Name string `arg:"" help:"Name of the job."`
}

// Run runs a job now, whether or not it is due, and fails if it does. It is due again one
// period later.
func (c jobRun) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		var names []string
		for _, job := range inv.site.Product.Jobs {
			names = append(names, job.Name)
			if job.Name != c.Name {
				continue
			}
			if err := a.store.NoteJob(inv.ctx, job.Name, job.Every); err != nil {
				return err
			}
			next, err := a.store.TakeJob(inv.ctx, job.Name, job.Every)
			if err != nil {
				return err
			}
			js := jobs{a.store, slog.New(slog.DiscardHandler), nil}
			if err := js.do(inv.ctx, job, next); err != nil {
				return fmt.Errorf("%s: %w", job.Name, err)
			}
			fmt.Fprintf(inv.term.out, "ran %s\n", job.Name)
			return nil
		}
		if len(names) == 0 {
			return usageError{errors.New("there are no jobs")}
		}
		return usageError{fmt.Errorf("there is no job %q; there are %s", c.Name, strings.Join(names, ", "))}
	})
}
