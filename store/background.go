package store

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// backgroundWait is how long a step of what nobody waits for may take: a
// connection that fell silent must not end such work for good.
const backgroundWait = time.Minute

type backgroundKey struct{}

// Background marks what is done at regular times and for nobody in particular.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// IsBackground says whether nobody in particular asked.
func IsBackground(ctx context.Context) bool { return ctx.Value(backgroundKey{}) != nil }

// Safely does what nobody waits for, and returns a panic as an error with its stack. One that
// nothing recovers from would end the program for everybody.
func Safely(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return do()
}

func background(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(Background(ctx), backgroundWait)
}
