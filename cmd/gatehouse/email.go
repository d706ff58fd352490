package main

import "gatehouse/store/rules"

type userEmail struct {
	userArgument
	Address string `arg:"" help:"The new email address."`
}

// What is said once the address is another one: where the site sends mail, where it does and the old address was never
// confirmed, and where it sends none.
const (
	movedAndBack = "%s has the address %s now; a link to confirm it goes there, and one to put the old address back goes to the old one\n"
	movedOnly    = "%s has the address %s now; a link to confirm it goes there\n"
	movedUntold  = "%s has the address %s now\n"
)

// Run changes the address at once, for somebody who cannot read mail at the old one. Sign-ins stay.
func (c userEmail) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		if err := a.store.SetEmail(inv.ctx, user, c.Address, operator()); err != nil {
			return err
		}
		sentence := movedUntold
		if a.store.Mails() {
			sentence = movedOnly
			if user.Verified() {
				sentence = movedAndBack
			}
		}
		return inv.print(false, nil, sentence, user.Username, rules.DeliverableEmail(c.Address))
	})
}
