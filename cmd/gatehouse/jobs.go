package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gatehouse/handlers"
	"gatehouse/store"
)

// jobLook is the time between two looks for jobs that are due, jobReportWait how long the
// note of an outcome may take.
const (
	jobLook       = time.Second
	jobReportWait = 30 * time.Second
)

// jobs are those of a product, and what they need to run.
type jobs struct {
	store *store.Store
	log   *slog.Logger
	all   []handlers.Job
}

// run runs jobs as they are due, one after another, until ctx ends. Of several copies of the
// program one runs each.
func (js jobs) run(ctx context.Context) {
	if len(js.all) == 0 {
		return
	}
	failing := false
	for {
		err := js.runDue(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing: // log it once, not every second
			js.log.Error("jobs", "error", err.Error())
		case err == nil && failing:
			js.log.Info("jobs are back")
		}
		failing = err != nil
		if !pause(ctx, jobLook) {
			return
		}
	}
}

// runDue runs every job that is due once.
func (js jobs) runDue(ctx context.Context) error {
	due, err := js.due(ctx)
	if err != nil {
		return err
	}
	for _, job := range due {
		next, mine, err := js.store.ClaimJob(ctx, job.Name, job.Every)
		if err != nil {
			return err
		}
		if mine {
			js.do(ctx, job, next) //nolint:errcheck // it is in the log
		}
	}
	return nil
}

// due are the jobs that look due. One that is new is noted first.
func (js jobs) due(ctx context.Context) ([]handlers.Job, error) {
	runs, err := js.store.JobRuns(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]store.JobRun{}
	for _, run := range runs {
		known[run.Name] = run
	}
	var due []handlers.Job
	for _, job := range js.all {
		run, noted := known[job.Name]
		if !noted {
			if err := js.store.NoteJob(ctx, job.Name, job.Every); err != nil {
				return nil, err
			}
			continue
		}
		if js.store.JobDue(run, job.Every) {
			due = append(due, job)
		}
	}
	return due, nil
}

// do runs one job, which is due again at next, and notes and logs the outcome.
func (js jobs) do(ctx context.Context, job handlers.Job, next time.Time) error {
	log, begun := js.log.With("job", job.Name), time.Now()
	limited, cancel := context.WithTimeout(store.Background(ctx), job.Every)
	defer cancel()
	err := safely(func() error { return job.Do(limited) })
	// Note the outcome even while the program ends.
	report, done := context.WithTimeout(context.WithoutCancel(ctx), jobReportWait)
	defer done()
	if err == nil {
		log.Info("job done", "took", time.Since(begun))
		return js.store.JobDone(report, job.Name)
	}
	log.Error("job failed", "took", time.Since(begun), "error", err.Error())
	retry := handlers.JobRetry
	if ctx.Err() != nil {
		retry = 0 // it was cut off, and goes on after the restart
	}
	return errors.Join(err, js.store.JobFailed(report, job.Name, next, retry))
}
