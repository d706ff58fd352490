package store

import (
	"context"
	"fmt"
	"time"
)

const (
	insertJob = `INSERT INTO jobs (name, due_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`

	selectJobs = `SELECT name, due_at, done_at FROM jobs ORDER BY name`

	// due_at is a condition, so that of several copies one runs the job. One that is due
	// later than any run can have made it was made so by a clock that was ahead.
	claimJob = `UPDATE jobs SET due_at = $1 WHERE name = $2 AND (due_at <= $3 OR due_at > $4)`

	takeJob = `UPDATE jobs SET due_at = $1 WHERE name = $2`

	finishJob = `UPDATE jobs SET done_at = $1 WHERE name = $2`

	// Unless another copy has begun it meanwhile.
	retryJob = `UPDATE jobs SET due_at = $1 WHERE name = $2 AND due_at = $3`
)

// JobRun is what is known about a job that runs at regular times.
type JobRun struct {
	Name string
	// DueAt is when it runs next, DoneAt when it last ended without an error, or the zero
	// time.
	DueAt, DoneAt time.Time
}

// NoteJob makes a job known. It is first due one period later.
func (s *Store) NoteJob(ctx context.Context, name string, every time.Duration) error {
	if _, err := s.db.Exec(ctx, insertJob, name, s.Now().Add(every)); err != nil {
		return fmt.Errorf("note the job %s: %w", name, err)
	}
	return nil
}

// JobRuns are all jobs that were ever noted, by name.
func (s *Store) JobRuns(ctx context.Context) ([]JobRun, error) {
	return All(ctx, s, selectJobs, nil, func(j *JobRun) []any { return []any{&j.Name, UTC{&j.DueAt}, UTC{&j.DoneAt}} })
}

// JobDue says whether a job is due by what is known about it.
func (s *Store) JobDue(run JobRun, every time.Duration) bool {
	now := s.Now()
	return !run.DueAt.After(now) || !possible(run.DueAt, now, every)
}

// ClaimJob says whether the job is due and this copy of the program shall run it now. It
// is due again one period later, so the run must end by then.
func (s *Store) ClaimJob(ctx context.Context, name string, every time.Duration) (next time.Time, mine bool, err error) {
	now := s.Now()
	next = now.Add(every)
	n, err := s.db.Exec(ctx, claimJob, next, name, now, latest(now, every))
	if err != nil {
		return next, false, fmt.Errorf("claim the job %s: %w", name, err)
	}
	return next, n > 0, nil
}

// TakeJob is ClaimJob for an operator, who runs a job whether or not it is due.
func (s *Store) TakeJob(ctx context.Context, name string, every time.Duration) (next time.Time, err error) {
	next = s.Now().Add(every)
	if _, err := s.db.Exec(ctx, takeJob, next, name); err != nil {
		return next, fmt.Errorf("take the job %s: %w", name, err)
	}
	return next, nil
}

// JobDone notes that a job ended without an error.
func (s *Store) JobDone(ctx context.Context, name string) error {
	if _, err := s.db.Exec(ctx, finishJob, s.Now(), name); err != nil {
		return fmt.Errorf("note that the job %s is done: %w", name, err)
	}
	return nil
}

// JobFailures is how often a job failed since this copy of the program started.
func (s *Store) JobFailures(name string) int64 { return s.failures.count(name) }

// JobFailed counts a failure, and has the job run again after a while. next is when it is
// due otherwise.
func (s *Store) JobFailed(ctx context.Context, name string, next time.Time, after time.Duration) error {
	s.failures.add(name)
	at := s.Now().Add(after)
	if !at.Before(next) {
		return nil
	}
	if _, err := s.db.Exec(ctx, retryJob, at, name, next); err != nil {
		return fmt.Errorf("put off the job %s: %w", name, err)
	}
	return nil
}
