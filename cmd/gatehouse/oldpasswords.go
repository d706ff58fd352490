package main

import (
	"errors"
	"fmt"
)

type userDrop struct {
	Yes bool `env:"-" help:"Do it without asking."`
}

// Run voids the passwords of earlier systems. Whoever had one chooses a new one by link.
func (c userDrop) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		left, err := a.store.CountOldPasswords(inv.ctx)
		if err != nil {
			return err
		}
		if left > 0 && !c.Yes {
			typed, err := askLine(inv.term, fmt.Sprintf("Type yes to void the passwords of %s people: ", thousands(int(left))))
			if err != nil {
				return err
			}
			if typed != "yes" {
				return errors.New("nothing was voided")
			}
		}
		dropped, err := a.store.DropOldPasswords(inv.ctx, operator())
		if err != nil {
			return err
		}
		return inv.print(false, nil, "voided %s passwords of earlier systems\n", thousands(int(dropped)))
	})
}
