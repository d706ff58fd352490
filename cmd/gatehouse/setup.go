package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gatehouse/store"
	"gatehouse/store/identity"
)

// setupPath is where a setup link leads, before its token.
const setupPath = "/register/first"

type setupCommand struct{}

// Run prints a link with which somebody becomes the first administrator.
func (setupCommand) Run(inv *invocation) error {
	base, err := inv.linkBase()
	if err != nil {
		return err
	}
	return withExisting(inv, func(a *accounts) error {
		token, err := a.store.SetupToken(inv.ctx, operator())
		if errors.Is(err, store.ErrHasAdmin) {
			return fmt.Errorf("there is an administrator already; use %s user role NAME %s", identity.Program, store.RoleAdmin)
		}
		if err != nil {
			return err
		}
		return inv.print(false, nil, "%s\n", base.JoinPath(setupPath, token))
	})
}

// noAdmin says how somebody becomes the first administrator of a site that has none. On a developer's
// machine the line for stdout has a link. Anywhere else stdout is kept and shipped, as the log is, so
// both are told the command alone.
func (a *accounts) noAdmin(ctx context.Context, inv *invocation, c checked, log *slog.Logger) (line string, err error) {
	has, err := a.store.HasAdmin(ctx)
	if err != nil || has {
		return "", err
	}
	if inv.settings.isDevelopers(c.base) {
		token, err := a.store.SetupToken(ctx, operator())
		switch {
		case err == nil:
			return fmt.Sprintf("there is no administrator yet: become one at %s (once, within %d minutes)\n",
				c.base.JoinPath(setupPath, token), store.SetupValid/time.Minute), nil
		case errors.Is(err, store.ErrHasAdmin):
			return "", nil
		case !a.store.Unavailable(err):
			return "", err
		}
	}
	log.Info(fmt.Sprintf("there is no administrator yet: run %s setup", identity.Program))
	return "", nil
}
