package store

import (
	"context"
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

func background(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(Background(ctx), backgroundWait)
}
