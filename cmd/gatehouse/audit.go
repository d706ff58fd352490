package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gatehouse/store"
)

type auditCommand struct {
	Who   string `env:"-" placeholder:"WHO" help:"Only what this person did or had done to them: a username, email address or number."`
	Kind  string `env:"-" placeholder:"NAME" help:"Only what has this name, such as authz_change."`
	Limit int    `default:"50" env:"-" help:"How many are shown; 0 shows all."`
	JSON  bool   `name:"json" env:"-" help:"Print a JSON array."`
}

// deed is a row of the audit as the command line prints it.
type deed struct {
	ID   int64     `json:"id"`
	At   time.Time `json:"at"`
	Name string    `json:"name"`
	// ActorID is null for the command line.
	ActorID *int64 `json:"actor_id"`
	Actor   string `json:"actor"`
	// SubjectID is null where it was done to nobody's account. Subject is their username today, and
	// empty for an account that is erased.
	SubjectID *int64 `json:"subject_id"`
	Subject   string `json:"subject"`
	Detail    string `json:"detail"`
	Reason    string `json:"reason"`
	Address   string `json:"address"`
	Agent     string `json:"agent"`
	Request   string `json:"request"`
}

// Run lists what administrators and the command line did, newest first.
func (c auditCommand) Run(inv *invocation) error {
	if c.Limit < 0 {
		return usageError{errors.New("--limit must be 0 or more")}
	}
	if c.Kind != "" && !slices.Contains(store.EventNames, c.Kind) {
		return usageError{fmt.Errorf("--kind: there is no event %q", c.Kind)}
	}
	return withExisting(inv, func(a *accounts) error {
		sought := store.Sought{Kind: c.Kind}
		if c.Who != "" {
			var err error
			if sought.Who, err = a.store.Whom(inv.ctx, c.Who); err != nil {
				return err
			}
		}
		list := inv.listing(c.JSON, "AT", "WHAT", "BY", "TO", "DETAIL", "REASON")
		for {
			page, err := a.store.Audit(inv.ctx, sought)
			if err != nil {
				return err
			}
			for _, d := range page.Rows {
				row := deedOf(d)
				if err := list.add(row, date(&row.At), row.Name, row.Actor, row.to(), row.Detail, row.Reason); err != nil {
					return err
				}
				if list.rows == c.Limit {
					return list.end()
				}
			}
			if !page.More {
				return list.end()
			}
			sought.Before = page.Next
			if err := list.page(); err != nil {
				return err
			}
		}
	})
}

func deedOf(d store.NamedDeed) deed {
	row := deed{
		ID: d.ID, At: d.At, Name: d.Name, Actor: d.Actor, Subject: d.Subject, Detail: d.Detail, Reason: d.Reason,
		Address: d.Address, Agent: d.Agent, Request: d.Request,
	}
	if d.ActorID != 0 {
		row.ActorID = &d.ActorID
	}
	if d.SubjectID != 0 {
		row.SubjectID = &d.SubjectID
	}
	return row
}

// to is whom it was done to, for people.
func (d deed) to() string {
	switch {
	case d.SubjectID == nil:
		return "-"
	case d.Subject == "":
		return strconv.FormatInt(*d.SubjectID, 10)
	}
	return fmt.Sprintf("%s (%d)", d.Subject, *d.SubjectID)
}
