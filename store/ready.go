package store

import (
	"context"
	"fmt"
	"time"
)

// readyWait is how long the database may take to be ready.
const readyWait = 2 * time.Second

// It changes nothing but is written like any other change: a full disk lets
// transactions begin, and a database that only reads answers questions.
const touch = `UPDATE migrations SET name = name WHERE version = 1`

// Ready returns an error unless the database takes what is written, for health
// checks. It takes two seconds at most. Of any number who ask at the same time
// one writes, and all get its answer.
func (s *Store) Ready(ctx context.Context) error {
	probe := s.probes.DoChan("", func() (any, error) {
		// Not cut off by the one who asked first: others wait for it as well.
		ctx, cancel := context.WithTimeout(Background(context.WithoutCancel(ctx)), readyWait)
		defer cancel()
		_, err := s.db.exec(ctx, s.db.Probe, touch)
		return nil, err
	})
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	var err error
	select {
	case answer := <-probe:
		err = answer.Err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("write to the database: %w", err)
	}
	return nil
}
