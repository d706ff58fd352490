package sqlite

import "context"

// over is a context that has ended because of a fault.
type over struct {
	context.Context
	fault error
}

var ended = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements context.Context.
func (over) Done() <-chan struct{} { return ended }

// Err implements context.Context.
func (o over) Err() error { return o.fault }
