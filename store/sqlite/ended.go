package sqlite

import "context"

// endedContext is a context that has ended because of a fault.
type endedContext struct {
	context.Context
	fault error
}

var ended = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements context.Context.
func (endedContext) Done() <-chan struct{} { return ended }

// Err implements context.Context.
func (c endedContext) Err() error { return c.fault }
