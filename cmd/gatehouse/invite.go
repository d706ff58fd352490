package main

import (
	"errors"
	"fmt"
	"time"

	"gatehouse/store"
	"gatehouse/store/identity"
	"gatehouse/store/rules"
)

type userInvite struct {
	Email string `arg:"" help:"Email address."`
	Role  role   `env:"-" placeholder:"ROLE" help:"Role that comes with the account: ${roles}. Without it, a member."`
}

// Run writes an invitation. The running site sends it.
func (c userInvite) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		if !a.store.Mails() {
			return errors.New("an invitation is a letter, and this site sends none; set --smtp and --secret as for the running site")
		}
		if err := a.store.Invite(inv.ctx, c.Email, string(c.Role), operator()); err != nil {
			return err
		}
		address := rules.DeliverableEmail(c.Email)
		if c.Role == "" {
			return inv.print(false, nil, "invited %s; the link works once, within %d days\n", address, store.InviteValid/day)
		}
		return inv.print(false, nil, "invited %s as %s; the link works once, within %d days\n", address, c.Role.called(), store.InviteValid/day)
	})
}

type inviteCommand struct {
	List   inviteList   `cmd:"" help:"List invitations that nobody has accepted yet."`
	Revoke inviteRevoke `cmd:"" help:"Take an invitation back."`
}

// invitation is one that is open, as the command line prints it.
type invitation struct {
	Handle string `json:"handle"`
	Email  string `json:"email"`
	Role   string `json:"role"`
	// By is the username of who wrote it, or empty for the command line.
	By      string    `json:"by"`
	Written time.Time `json:"written"`
	Until   time.Time `json:"until"`
}

type inviteList struct {
	JSON bool `name:"json" env:"-" help:"Print a JSON array."`
}

// Run lists the open invitations, newest first.
func (c inviteList) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		list := inv.listing(c.JSON, "HANDLE", "EMAIL", "ROLE", "BY", "WRITTEN", "UNTIL")
		for mark := (store.InviteMark{}); ; {
			open, more, err := a.store.Invitations(inv.ctx, mark)
			if err != nil {
				return err
			}
			for _, i := range open {
				mark = i.Mark()
				row := invitation{i.Handle, i.Email, wordOf(i.Role), i.By, i.CreatedAt, i.ExpiresAt}
				by := row.By
				if by == "" {
					by = "-"
				}
				if err := list.add(row, row.Handle, row.Email, row.Role, by, date(&row.Written), date(&row.Until)); err != nil {
					return err
				}
			}
			if !more {
				return list.end()
			}
			if err := list.page(); err != nil {
				return err
			}
		}
	})
}

type inviteRevoke struct {
	Handle string `arg:"" help:"Handle, as invite list shows it."`
}

// Run voids the link of an invitation at once, also in a letter that waits to be sent.
func (c inviteRevoke) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		_, err := a.store.RevokeInvite(inv.ctx, c.Handle, operator())
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("there is no open invitation %q; %s invite list shows those there are", c.Handle, identity.Program)
		}
		if err != nil {
			return err
		}
		return inv.print(false, nil, "took the invitation %s back; its link works no more\n", c.Handle)
	})
}
