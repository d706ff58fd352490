package main

import (
	"context"
	"strconv"

	"gatehouse/store"
)

// listPage is how many accounts are read and printed at a time.
const listPage = 500

type userList struct {
	Role     *role `env:"-" placeholder:"ROLE" help:"Only those with that role: ${roles}."`
	Disabled bool  `env:"-" help:"Only those that are disabled."`
	JSON     bool  `name:"json" env:"-" help:"Print a JSON array."`
}

// Run lists accounts, oldest first.
func (c userList) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		list := inv.listing(c.JSON, "ID", "USERNAME", "EMAIL", "NAME", "ROLE", "CREATED", "DISABLED", "CLOSED")
		for after := int64(0); ; {
			users, err := c.read(inv.ctx, a.store, after)
			if err != nil {
				return err
			}
			for _, user := range users {
				after = user.ID
				if !c.wants(user) {
					continue
				}
				p := personOf(user)
				err := list.add(p, strconv.FormatInt(p.ID, 10), p.Username, p.Email, p.Name, roleFor(user), date(&p.Created), date(p.Disabled), date(p.Closed))
				if err != nil {
					return err
				}
			}
			if len(users) < listPage {
				return list.end()
			}
			if err := list.page(); err != nil {
				return err
			}
		}
	})
}

// read reads the next accounts of the list, and others that it does not want: those that an index finds.
func (c userList) read(ctx context.Context, s *store.Store, after int64) ([]store.User, error) {
	switch {
	case c.Disabled:
		return s.Disabled(ctx, after, listPage)
	case c.Role != nil && *c.Role != "":
		return s.Staff(ctx, after, listPage)
	}
	return s.Users(ctx, after, listPage)
}

func (c userList) wants(user store.User) bool {
	return (c.Role == nil || string(*c.Role) == user.Role) && (!c.Disabled || user.Disabled())
}
