package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"gatehouse/store"
	"gatehouse/store/identity"
)

type factorCommand struct {
	List           factorList           `cmd:"" help:"List the app, recovery codes, passkeys and trusted browsers of somebody."`
	Reset          factorReset          `cmd:"" help:"Take all of these away from somebody and end all their sign-ins."`
	Signals        factorSignals        `cmd:"" help:"Say whether password managers are told to forget passkeys that the site does not know."`
	DropUnreadable factorDropUnreadable `cmd:"" help:"Remove the authenticator apps of everybody that --secret cannot open."`
}

// factors are what somebody has beside a password, as the command line prints it.
type factors struct {
	App *time.Time `json:"app"`
	// Unreadable says that --secret cannot open the app.
	Unreadable bool             `json:"app_unreadable"`
	CodesLeft  int              `json:"codes_left"`
	Passkeys   []passkey        `json:"passkeys"`
	Trusted    []trustedBrowser `json:"trusted"`
}

type passkey struct {
	Name string `json:"name"`
	// Synced says that it is on several devices.
	Synced bool       `json:"synced"`
	Added  time.Time  `json:"added"`
	Used   *time.Time `json:"used"`
	// Domain is what it was made for, and works for alone.
	Domain string `json:"domain"`
}

type trustedBrowser struct {
	Until time.Time `json:"until"`
	Seen  time.Time `json:"seen"`
	Agent string    `json:"agent"`
}

func (a *accounts) factorsOf(ctx context.Context, user store.User) (factors, error) {
	f, err := a.store.Factors(ctx, user)
	if err != nil {
		return factors{}, err
	}
	passkeys, err := a.store.ListPasskeys(ctx, user)
	if err != nil {
		return factors{}, err
	}
	list := factors{Unreadable: f.AppUnreadable, CodesLeft: f.CodesLeft(), Passkeys: []passkey{}, Trusted: []trustedBrowser{}}
	if !f.AppAt.IsZero() {
		list.App = &f.AppAt
	}
	for _, key := range passkeys.Keys {
		p := passkey{Name: key.Name, Synced: key.BackedUp, Added: key.CreatedAt, Domain: key.Domain}
		if !key.UsedAt.IsZero() {
			p.Used = &key.UsedAt
		}
		list.Passkeys = append(list.Passkeys, p)
	}
	for _, b := range f.Trusted {
		list.Trusted = append(list.Trusted, trustedBrowser{b.Until, b.SeenAt, b.Agent})
	}
	return list, nil
}

// unreadableApp is said of somebody whose app was sealed with another secret.
const unreadableApp = "This --secret cannot open the app, so its codes are not taken.\n"

type factorList struct {
	userArgument
	JSON bool `name:"json" env:"-" help:"Print JSON."`
}

// Run lists the app, how many recovery codes are left, the passkeys, and the trusted browsers.
func (c factorList) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		list, err := a.factorsOf(inv.ctx, user)
		if err != nil {
			return err
		}
		if err := inv.print(c.JSON, list, "app since   %s\ncodes left  %d\n", date(list.App), list.CodesLeft); err != nil || c.JSON {
			return err
		}
		if list.Unreadable {
			fmt.Fprint(inv.term.out, unreadableApp)
		}
		if err := inv.printPasskeys(list.Passkeys, a.party); err != nil {
			return err
		}
		table := tabwriter.NewWriter(inv.term.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "TRUSTED UNTIL\tSEEN\tBROWSER")
		for _, b := range list.Trusted {
			fmt.Fprintf(table, "%s\t%s\t%s\n", date(&b.Until), date(&b.Seen), b.Agent)
		}
		return table.Flush()
	})
}

// printPasskeys prints them as a table, and says which of them do not work at this site, where the
// site is known.
func (inv *invocation) printPasskeys(list []passkey, site *store.RelyingParty) error {
	table := tabwriter.NewWriter(inv.term.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PASSKEY\tWHERE\tADDED\tUSED\tDOMAIN")
	useless := false
	for _, p := range list {
		where := "on one device only"
		if p.Synced {
			where = "synced"
		}
		useless = useless || site != nil && p.Domain != site.Domain()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.Name, where, date(&p.Added), date(p.Used), p.Domain)
	}
	if err := table.Flush(); err != nil || !useless {
		return err
	}
	return inv.print(false, nil, "This site takes passkeys for %s alone.\n", site.Domain())
}

type factorReset struct {
	userArgument
	Yes bool `env:"-" help:"Do it without asking."`
}

// What is said once they are gone, to somebody who has a password and who has none.
const (
	removedFactors   = "removed the factors of %[1]s and ended %[2]d sign-ins; if somebody else may know the password, run %[3]s user reset %[1]s as well\n"
	removedOnlyWayIn = "removed the factors of %[1]s, who has no password, and ended %[2]d sign-ins; nothing signs in now but a password chosen by link: run %[3]s user reset %[1]s\n"
)

// Run takes every factor away. It asks first, because from then on the password alone signs in,
// or nothing where there is none.
func (c factorReset) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		none := fmt.Errorf("%s has no second step and no passkey", user.Username)
		if !user.SecondStep() && user.Passkeys == 0 {
			return none
		}
		if !c.Yes {
			err := askUsername(inv.term, user, fmt.Sprintf("Type the username %s to remove all factors: ", user.Username), "nothing was removed: that is not the username")
			if err != nil {
				return err
			}
		}
		ended, err := a.store.ResetFactors(inv.ctx, user, operator())
		if errors.Is(err, store.ErrNotFound) { // they went meanwhile
			return none
		}
		if err != nil {
			return err
		}
		sentence := removedFactors
		if !user.HasPassword {
			sentence = removedOnlyWayIn
		}
		return inv.print(false, nil, sentence, user.Username, ended, identity.Program)
	})
}

type factorDropUnreadable struct {
	Yes bool `env:"-" help:"Do it without asking, if there is a secret."`
}

// Answers that are typed to remove apps.
const (
	dropAnswer = "drop"
	dropAll    = "drop every app"
)

// Run removes the apps that were sealed with a secret that is lost. Without any secret these
// are all, which may also mean that the settings were not loaded: then it always asks.
func (c factorDropUnreadable) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		switch {
		case !a.store.SecondSteps():
			typed, err := askLine(inv.term, fmt.Sprintf("Without --secret every authenticator app is removed. Type %s if the secret is lost: ", dropAll))
			if err != nil {
				return err
			}
			if strings.TrimSpace(typed) != dropAll {
				return fmt.Errorf("nothing was removed: without --secret this removes the apps of everybody; set the secret of the running site, or answer %q, from stdin too", dropAll)
			}
		case !c.Yes:
			typed, err := askLine(inv.term, fmt.Sprintf("Type %s to remove every authenticator app that this --secret cannot open: ", dropAnswer))
			if err != nil {
				return err
			}
			if strings.TrimSpace(typed) != dropAnswer {
				return fmt.Errorf("nothing was removed: answer %q, or say --yes", dropAnswer)
			}
		}
		// What was removed before an error is gone, and its owners must be named.
		dropped, stranded, err := a.store.DropUnreadableApps(inv.ctx, operator())
		if dropped == 0 && err != nil {
			return err
		}
		return errors.Join(inv.printDropped(dropped, stranded), err)
	})
}

func (inv *invocation) printDropped(dropped int, stranded []store.User) error {
	if dropped == 0 {
		return inv.print(false, nil, "every authenticator app can be opened; nothing was removed\n")
	}
	if err := inv.print(false, nil, "removed %d authenticator apps; their owners sign in with a recovery code\n", dropped); err != nil || len(stranded) == 0 {
		return err
	}
	if err := inv.print(false, nil, "these have no recovery code left and need %s factor reset:\n", identity.Program); err != nil {
		return err
	}
	for _, user := range stranded {
		if _, err := fmt.Fprintln(inv.term.out, user.Username); err != nil {
			return err
		}
	}
	return nil
}

type factorSignals struct {
	Word string `arg:"" name:"on|off" enum:"on,off" help:"on or off."`
}

// Run says whether password managers are told to forget passkeys that the site does not know.
func (c factorSignals) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		if err := a.store.Signals(inv.ctx, c.Word == "on", operator()); err != nil {
			return err
		}
		if c.Word == "off" {
			return inv.print(false, nil, "password managers keep passkeys that are unknown here, once the site is started again\n")
		}
		return inv.print(false, nil, "password managers are told of passkeys that are unknown here, once the site is started again\n")
	})
}
