package handlers

import (
	"context"
	"net/http"
	"time"

	"gatehouse/components"
	"gatehouse/store"
)

// overview is the first page of the administration: how many there are, and what happened lately. A figure
// that can't be had in time is left out.
func (s *Site) overview(w http.ResponseWriter, r *http.Request) error {
	// Whoever asked may have gone. What was asked is for the next who does.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), askWait)
	defer cancel()
	o := components.AdminOverview{Words: s.Product.Events, At: s.Store.Now()}
	count := func(into *components.Figure, n int64, at time.Time, err error) {
		*into = components.Figure{N: n, Known: err == nil}
		if at.Before(o.At) {
			o.At = at
		}
	}
	figure := func(into *components.Figure, a *asked[int64], name string, query func(context.Context) (int64, error)) {
		n, at, err := a.value(ctx, s, name, query)
		count(into, n, at, err)
	}
	f := &s.figures
	figure(&o.Accounts, &f.accounts, "accounts", s.Store.CountAccounts)
	figure(&o.Disabled, &f.disabled, "disabled", s.Store.CountDisabled)
	figure(&o.Closed, &f.closed, "closed", s.Store.CountClosed)
	figure(&o.Unconfirmed, &f.unconfirmed, "unconfirmed", s.Store.CountUnconfirmed)
	figure(&o.WithoutStep, &f.withoutStep, "staff_without_second_step", s.Store.CountStaffWithoutStep)
	figure(&o.OldPasswords, &f.oldPasswords, "old_passwords", s.Store.CountOldPasswords)
	n, at, err := s.countSignIns(ctx)
	count(&o.SignIns, n, at, err)
	n, at, err = s.countLetters(ctx)
	count(&o.Letters, n, at, err)
	o.Oldest, o.OldestAt, err = s.oldestLetter(ctx)
	o.OldestKnown = err == nil
	o.Events, _, err = f.events.value(ctx, s, "events", s.Store.CountEvents)
	o.EventsKnown = err == nil
	if s.may(r).Has(store.SeeActivity) {
		latest, err := s.Store.Audit(r.Context(), store.Sought{})
		if err != nil {
			return err
		}
		o.Deeds = latest.Rows[:min(len(latest.Rows), components.DeedsShown)]
	}
	return s.show(w, r, http.StatusOK, s.page(r, components.AdminTitle), components.Administration(o))
}
