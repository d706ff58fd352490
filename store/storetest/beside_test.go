package storetest_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// SRV-04: everything that can be done to one account at once, by two copies. Nothing waits
// for what waits for it, and nothing is a fault.
func TestDeedsOfOneAccountWaitInOneOrder(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h, ada := open(t, d).trusted(t)
		a := NewAuthenticator(Origin)
		a.Synced = true
		ada.signIn = AddPasskey(t, h.Store, a, ada.signIn).SignIn
		user := h.find(t, "ada")
		other := h.keyed(t, otherKeys(t))
		houses, inTheWay := h.hurried(t)
		deeds := []func(h house, i int) error{
			func(h house, _ int) error {
				_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Wrong(), "", on("home"))
				return err
			},
			func(h house, _ int) error {
				_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Wrong(), "", From)
				return err
			},
			func(h house, i int) error {
				_, err := SignInByCode(h.Store, "ada", Password, store.KindRecovery, ada.codes[i%10], "", on("home"))
				return err
			},
			func(h house, _ int) error {
				_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), trustToken, on("home"))
				return err
			},
			func(h house, _ int) error { _, err := h.Authenticate(h.ctx, "ada", "wrong", on("home")); return err },
			func(h house, _ int) error { return h.EndTrust(h.ctx, user, From) },
			func(h house, i int) error {
				_, err := h.Reauthenticate(h.ctx, ada.signIn, Password, ada.codes[i%10], on("home"))
				return err
			},
			func(h house, _ int) error { _, err := h.EndSignIns(h.ctx, user, Operator); return err },
			func(h house, _ int) error { return h.AskReset(h.ctx, "ada", From) },
			func(house, int) error { _, _, err := other.DropUnreadableApps(h.ctx, Operator); return err },
			func(h house, _ int) error { return h.setsUpAgain(user.ID) },
			func(h house, _ int) error { _, err := SignInByPasskey(t, h.Store, a, on("home")); return err },
			func(h house, i int) error { return h.addsAgain(t, user.ID, i) },
		}
		var group sync.WaitGroup
		for worker := range len(deeds) {
			group.Go(func() {
				for i := range 12 {
					err := deeds[worker](houses[i%2], i)
					known := []error{store.ErrStartAgain, store.ErrSignInEnded, store.ErrNotFound, secret.ErrBusy}
					if err != nil && !refusal(err) && !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
						t.Errorf("deed %d: %v", worker, err)
					}
				}
			})
		}
		group.Wait()
		if n := inTheWay.Load(); n > 0 {
			t.Errorf("%d times two deeds waited for each other", n)
		}
	})
}

// setsUpAgain sets another app up for whoever is signed in.
func (h house) setsUpAgain(id int64) error {
	user, err := h.UserByID(h.ctx, id)
	if err != nil {
		return fmt.Errorf("find: %w", err)
	}
	list, err := h.SignIns(h.ctx, user)
	if err != nil || len(list) == 0 {
		return err
	}
	_, _, err = h.SetUpApp(h.ctx, list[0], user, AppCode(h.AppKey(list[0], user), h.clock), on("home"))
	return err
}

// addsAgain adds a passkey for whoever is signed in, or proves by one, or removes the newest.
func (h house) addsAgain(t *testing.T, id int64, i int) error {
	user, err := h.UserByID(h.ctx, id)
	if err != nil {
		return fmt.Errorf("find: %w", err)
	}
	list, err := h.SignIns(h.ctx, user)
	if err != nil || len(list) == 0 {
		return err
	}
	keys, err := h.ListPasskeys(h.ctx, user)
	if err != nil {
		return err
	}
	if i%3 == 1 && len(keys.Keys) > 1 {
		_, err := h.RemovePasskey(h.ctx, list[0], user, keys.Keys[len(keys.Keys)-1].Handle, From)
		return err
	}
	ceremony, err := h.BeginPasskey(h.ctx, list[0], user)
	if err != nil {
		return err
	}
	_, err = h.AddPasskey(h.ctx, list[0], user, ceremony.Token, NewAuthenticator(Origin).Create(t, ceremony.PublicKey), named("New"), From)
	return err
}

// SRV-04: what administrators and the operator do to somebody, beside what that person does, on two
// copies. Nothing waits for what waits for it, and nothing is a fault.
func TestActingWaitsInOneOrder(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h, ada := open(t, d).trusted(t)
		a := NewAuthenticator(Origin)
		a.Synced = true
		AddPasskey(t, h.Store, a, ada.signIn)
		user := h.find(t, "ada")
		boss, chief := h.staff(t, "boss", store.RoleAdmin), h.staff(t, "chief", store.RoleAdmin)
		houses, inTheWay := h.hurried(t)
		role := func(h house, from store.Origin) error {
			found, err := h.UserByID(h.ctx, user.ID)
			if err != nil {
				return err
			}
			next := map[string]string{"": "support", "support": store.RoleAdmin}[found.Role]
			_, err = h.ChangeRole(h.ctx, user, next, found.Role, from)
			return err
		}
		deeds := []func(h house, i int) error{
			func(h house, _ int) error { return role(h, boss) },
			func(h house, i int) error {
				if i%2 == 0 {
					return h.Disable(h.ctx, user, chief)
				}
				return h.Enable(h.ctx, user, boss)
			},
			func(h house, _ int) error { return h.Enable(h.ctx, user, Operator) },
			func(h house, _ int) error { _, err := h.EndSignIns(h.ctx, user, boss); return err },
			func(h house, _ int) error { _, err := h.ResetToken(h.ctx, user, Operator); return err },
			func(h house, i int) error {
				if i%4 > 0 {
					return role(h, Operator)
				}
				_, err := h.ResetFactors(h.ctx, user, chief)
				return err
			},
			func(h house, _ int) error {
				list, _, err := h.Invitations(h.ctx, store.InviteMark{})
				if err != nil || len(list) == 0 {
					return err
				}
				_, err = h.RevokeInvite(h.ctx, list[0].Handle, chief)
				return err
			},
			func(h house, i int) error {
				if i%3 == 0 {
					return h.Invite(h.ctx, fmt.Sprintf("guest-%d@example.com", i), "", by(user))
				}
				return h.Invite(h.ctx, fmt.Sprintf("guest-%d@example.com", i), "support", by(user))
			},
			// And she herself.
			func(h house, _ int) error { return h.CloseAccount(h.ctx, user, From) },
			func(h house, _ int) error {
				entry, err := h.Authenticate(h.ctx, "ada", Password, on("home"))
				if err != nil || entry.Missing() != store.Reopening {
					return err
				}
				_, err = h.Reopen(h.ctx, h.Ticket(entry), From)
				return err
			},
			func(h house, i int) error {
				entry, err := h.Authenticate(h.ctx, "ada", Password, on("home"))
				if err != nil {
					return err
				}
				if entry.Missing() == store.SecondStep {
					_, err = SignInByCode(h.Store, "ada", Password, store.KindRecovery, ada.codes[i%10], "", on("home"))
					return err
				}
				if entry.Missing() != store.Nothing {
					return nil
				}
				n, err := h.SignIn(h.ctx, entry, on("home"))
				if err != nil {
					return err
				}
				_, err = h.ChangePassword(h.ctx, n, Password, Password+" again", on("home"))
				if err == nil {
					err = h.changesBack(user.ID)
				}
				return err
			},
			func(h house, _ int) error { return h.setsUpAgain(user.ID) },
			func(h house, i int) error { return h.addsAgain(t, user.ID, i) },
			func(h house, _ int) error { _, err := SignInByPasskey(t, h.Store, a, on("home")); return err },
			func(h house, _ int) error {
				list, err := h.SignIns(h.ctx, user)
				if err != nil || len(list) < 2 {
					return err
				}
				return h.EndSignIn(h.ctx, list[0], list[1].Handle, From)
			},
			func(h house, _ int) error { return h.EndTrust(h.ctx, user, From) },
			func(h house, _ int) error { return h.AskReset(h.ctx, "ada", From) },
			func(h house, _ int) error { return took(h) },
		}
		var group sync.WaitGroup
		for worker := range len(deeds) {
			group.Go(func() {
				for i := range 12 {
					err := deeds[worker](houses[(worker+i)%2], i)
					known := []error{
						store.ErrStartAgain, store.ErrSignInEnded, store.ErrNotFound, store.ErrForbidden, store.ErrInvalidLink, secret.ErrBusy,
					}
					if err != nil && !refusal(err) && !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
						t.Errorf("deed %d: %v", worker, err)
					}
				}
			})
		}
		group.Wait()
		if n := inTheWay.Load(); n > 0 {
			t.Errorf("%d times two deeds waited for each other", n)
		}
	})
}

// changesBack chooses the password of before for whoever is signed in.
func (h house) changesBack(id int64) error {
	list, err := h.SignIns(h.ctx, store.User{ID: id})
	if err != nil || len(list) == 0 {
		return err
	}
	_, err = h.ChangePassword(h.ctx, list[0], Password+" again", Password, on("home"))
	return err
}
