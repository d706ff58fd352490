package main

import (
	"fmt"
	"text/tabwriter"
	"time"
)

type signInCommand struct {
	List signInList `cmd:"" help:"List where a person is signed in."`
	End  signInEnd  `cmd:"" help:"Sign a person out everywhere."`
}

// liveSignIn is a sign-in as the command line prints it.
type liveSignIn struct {
	SignedIn   time.Time `json:"signed_in"`
	Seen       time.Time `json:"seen"`
	Ends       time.Time `json:"ends"`
	Remembered bool      `json:"kept"`
	Address    string    `json:"address"`
	Agent      string    `json:"agent"`
}

type signInList struct {
	userArgument
	JSON bool `name:"json" env:"-" help:"Print JSON."`
}

// Run lists the live sign-ins, the one last seen first.
func (c signInList) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		list, err := a.store.SignIns(inv.ctx, user)
		if err != nil {
			return err
		}
		live := make([]liveSignIn, 0, len(list))
		for _, n := range list {
			live = append(live, liveSignIn{n.CreatedAt, n.SeenAt, n.EndsAt, n.Remembered, n.Address, n.Agent})
		}
		if c.JSON {
			return writeJSON(inv.term.out, live)
		}
		table := tabwriter.NewWriter(inv.term.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "SIGNED IN\tSEEN\tENDS\tADDRESS\tBROWSER")
		for _, n := range live {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", date(&n.SignedIn), date(&n.Seen), date(&n.Ends), n.Address, n.Agent)
		}
		return table.Flush()
	})
}

type signInEnd struct{ userArgument }

// Run ends every sign-in of the person.
func (c signInEnd) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		n, err := a.store.EndSignIns(inv.ctx, user, operator())
		if err != nil {
			return err
		}
		return inv.print(false, nil, "ended %d sign-ins of %s\n", n, user.Username)
	})
}
