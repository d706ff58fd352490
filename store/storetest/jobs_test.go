package storetest_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/store"
)

// The contract of jobs.
func TestJobContract(t *testing.T) {
	contract(t, []promise{
		{"runs a job one period after it was first noted, and then once a period", onceAPeriod},
		{"gives a run to one of two copies", runsOnce},
		{"repeats a job that failed after a while, if that is sooner", repeatsFailed},
	})
}

const period = 24 * time.Hour

// run is what is known about the one job.
func (h house) run(t *testing.T) store.JobRun {
	t.Helper()
	runs, err := h.JobRuns(h.ctx)
	must(t, err)
	if len(runs) != 1 || runs[0].Name != "weekly" {
		t.Fatalf("the jobs are %+v", runs)
	}
	return runs[0]
}

// runs says whether the job is due, and claims it then.
func (h house) runs(t *testing.T) (next time.Time, mine bool) {
	t.Helper()
	due := h.JobDue(h.run(t), period)
	next, mine, err := h.ClaimJob(h.ctx, "weekly", period)
	must(t, err)
	if due != mine {
		t.Errorf("it is due: %v; it is claimed: %v", due, mine)
	}
	return next, mine
}

func onceAPeriod(t *testing.T, h house) {
	must(t, h.NoteJob(h.ctx, "weekly", period))
	h.clock.Move(period - time.Second)
	must(t, h.NoteJob(h.ctx, "weekly", period))
	if _, mine := h.runs(t); mine {
		t.Error("it runs before its time")
	}
	h.clock.Move(time.Second)
	if _, mine := h.runs(t); !mine {
		t.Error("it does not run in its time")
	}
	if _, mine := h.runs(t); mine {
		t.Error("it runs twice")
	}
	if run := h.run(t); !run.DoneAt.IsZero() {
		t.Errorf("it is done at %v before it ended", run.DoneAt)
	}
	must(t, h.JobDone(h.ctx, "weekly"))
	if run := h.run(t); !run.DoneAt.Equal(h.Now()) || !run.DueAt.Equal(h.Now().Add(period)) {
		t.Errorf("the run is %+v", run)
	}
	h.clock.Move(time.Hour)
	next, err := h.TakeJob(h.ctx, "weekly", period)
	must(t, err)
	if run := h.run(t); !run.DueAt.Equal(next) || !next.Equal(h.Now().Add(period)) {
		t.Errorf("run by hand it is due at %v", run.DueAt)
	}
}

func runsOnce(t *testing.T, h house) {
	must(t, h.NoteJob(h.ctx, "weekly", period))
	copies := []house{h, h.copied(t)}
	for range 10 {
		h.clock.Move(period)
		var claimed atomic.Int32
		var group sync.WaitGroup
		for _, c := range copies {
			group.Go(func() {
				_, mine, err := c.ClaimJob(c.ctx, "weekly", period)
				if err != nil {
					t.Error(err)
				}
				if mine {
					claimed.Add(1)
				}
			})
		}
		group.Wait()
		if got := claimed.Load(); got != 1 {
			t.Fatalf("%d copies run it", got)
		}
	}
}

func repeatsFailed(t *testing.T, h house) {
	must(t, h.Extend(books()))
	must(t, h.NoteJob(h.ctx, "weekly", period))
	h.clock.Move(period)
	next, _ := h.runs(t)
	must(t, h.JobFailed(h.ctx, "weekly", next, 2*period))
	if run := h.run(t); !run.DueAt.Equal(next) {
		t.Errorf("a pause longer than the period moves it to %v", run.DueAt)
	}
	must(t, h.JobFailed(h.ctx, "weekly", next, time.Minute))
	h.clock.Move(time.Minute)
	if _, mine := h.runs(t); !mine {
		t.Error("it is not repeated")
	}
	// Another copy has begun it since, so the failure of this one moves nothing.
	due := h.run(t).DueAt
	must(t, h.JobFailed(h.ctx, "weekly", next, time.Minute))
	if run := h.run(t); !run.DueAt.Equal(due) {
		t.Errorf("a failure moved the run of another copy to %v", run.DueAt)
	}
	if got := h.JobFailures("weekly"); got != 3 {
		t.Errorf("counted %d failures", got)
	}
}

func jobAhead(t *testing.T, h house) {
	must(t, h.NoteJob(h.ctx, "weekly", period))
	h.whileAhead(func() {
		if _, mine := h.runs(t); !mine {
			t.Error("it is not due")
		}
	})
	if _, mine := h.runs(t); !mine {
		t.Error("nobody runs it for as long as the clock was ahead")
	}
	if _, mine := h.runs(t); mine {
		t.Error("it runs twice")
	}
}
