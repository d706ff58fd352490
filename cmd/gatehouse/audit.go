package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"gatehouse/store"
)

type auditCommand struct {
	Limit int  `default:"50" env:"-" help:"How many are shown; 0 shows all."`
	JSON  bool `name:"json" env:"-" help:"Print a JSON array."`
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
	return withExisting(inv, func(a *accounts) error {
		list := inv.listing(c.JSON, "AT", "WHAT", "BY", "TO", "DETAIL", "REASON")
		names := map[int64]string{}
		for before := int64(0); ; {
			deeds, more, err := a.store.Audit(inv.ctx, before)
			if err != nil {
				return err
			}
			for _, d := range deeds {
				before = d.ID
				row, err := a.deedOf(inv, d, names)
				if err == nil {
					err = list.add(row, date(&row.At), row.Name, row.Actor, row.to(), row.Detail, row.Reason)
				}
				if err != nil {
					return err
				}
				if list.rows == c.Limit {
					return list.end()
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

// deedOf looks up whom something was done to; names are those that were looked up before.
func (a *accounts) deedOf(inv *invocation, d store.Deed, names map[int64]string) (deed, error) {
	row := deed{
		ID: d.ID, At: d.At, Name: d.Name, Actor: d.Actor, Detail: d.Detail, Reason: d.Reason,
		Address: d.Address, Agent: d.Agent, Request: d.Request,
	}
	if d.ActorID != 0 {
		row.ActorID = &d.ActorID
	}
	if d.SubjectID == 0 {
		return row, nil
	}
	row.SubjectID = &d.SubjectID
	name, known := names[d.SubjectID]
	if !known {
		user, err := a.store.UserByID(inv.ctx, d.SubjectID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return row, err
		}
		name = user.Username
		names[d.SubjectID] = name
	}
	row.Subject = name
	return row, nil
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
