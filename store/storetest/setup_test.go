package storetest_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of the first administrator.
func TestSetupContract(t *testing.T) {
	contract(t, []promise{
		{"makes the first administrator, once, by any of the links", setsUp},
		{"keeps the link good when the registration is refused, for half an hour", setupKeeps},
		{"ROL-11 takes no link once there is an administrator, on no copy", noSecondFirst},
		{"takes no other link for it, and it for no other", setupAlone},
		{"makes a link where all administrators were lost", setsUpAgain},
	})
}

func (h house) setup(t *testing.T) string {
	t.Helper()
	token, err := h.SetupToken(h.ctx, Operator)
	must(t, err)
	return token
}

func setsUp(t *testing.T, h house) {
	h = h.mailing(t)
	if has, err := h.HasAdmin(h.ctx); err != nil || has {
		t.Errorf("HasAdmin = %v, %v", has, err)
	}
	first, second := h.setup(t), h.setup(t)
	h.unreadable(t, "", first)
	h.count(t, "tokens", 2)
	user, err := h.Setup(h.ctx, second, Ada(), From)
	must(t, err)
	if found := h.find(t, "ada"); found != user || user.Role != store.RoleAdmin || user.Verified() {
		t.Errorf("made %+v, found %+v", user, found)
	}
	if has, err := h.HasAdmin(h.ctx); err != nil || !has {
		t.Errorf("HasAdmin = %v, %v", has, err)
	}
	h.letter(t, store.LetterVerify)
	h.count(t, "tokens WHERE purpose = 'setup'", 0)
	before := h.dump(t)
	for _, token := range []string{first, second} {
		if _, err := h.Setup(h.ctx, token, grace(), From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("a second administrator: %v", err)
		}
		if _, err := h.Token(h.ctx, token, store.PurposeSetup); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("Token = %v", err)
		}
	}
	if _, err := h.SetupToken(h.ctx, Operator); !errors.Is(err, store.ErrHasAdmin) {
		t.Errorf("SetupToken = %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func setupKeeps(t *testing.T, h house) {
	Register(t, h.Store, grace())
	token := h.setup(t)
	before := h.dump(t)
	for field, change := range map[string]func(r *store.Registration){
		"username": func(r *store.Registration) { r.Username = "grace" },
		"email":    func(r *store.Registration) { r.Email = "grace@example.com" },
		"password": func(r *store.Registration) { r.Password = CommonPassword },
	} {
		r := Ada()
		change(&r)
		_, err := h.Setup(h.ctx, token, r, From)
		if got := refused(t, err); got.Field != field {
			t.Errorf("%+v, want a refusal of the %s", got, field)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	h.clock.Move(store.SetupValid - time.Millisecond)
	later := h.setup(t)
	h.clock.Move(time.Millisecond)
	if _, err := h.Setup(h.ctx, token, Ada(), From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("after its time: %v", err)
	}
	_, err := h.Setup(h.ctx, later, Ada(), From)
	must(t, err)
}

func noSecondFirst(t *testing.T, h house) {
	h = h.mailing(t)
	other := h.copied(t)
	Register(t, h.Store, grace())
	must(t, h.Invite(h.ctx, "chief@example.com", store.RoleAdmin, Operator))
	invitation := h.letters(t)[store.LetterInvite].Token
	token := h.setup(t)
	for how, comes := range map[string]func() error{
		"by the operator, who gives the role":    func() error { return h.makeRole(t, "grace", store.RoleAdmin) },
		"by the operator, who makes the account": func() error { return h.adds(h.find(t, "grace"), store.RoleAdmin, Operator) },
		"by invitation": func() error {
			_, err := h.AcceptInvite(h.ctx, invitation, store.Registration{Username: "chief", Password: Password}, From)
			return err
		},
		"by hand": func() error {
			h.exec(t, `UPDATE users SET role = 'admin'`)
			return nil
		},
	} {
		must(t, comes())
		before := h.dump(t)
		for _, h := range []house{h, other} {
			if _, err := h.Setup(h.ctx, token, Ada(), From); !errors.Is(err, store.ErrInvalidLink) {
				t.Errorf("beside an administrator who came about %s: %v", how, err)
			}
			// Nor does it say anything about a registration any more.
			if _, err := h.Setup(h.ctx, token, grace(), From); !errors.Is(err, store.ErrInvalidLink) {
				t.Errorf("a registration that is refused: %v", err)
			}
			if _, err := h.SetupToken(h.ctx, Operator); !errors.Is(err, store.ErrHasAdmin) {
				t.Errorf("a link beside an administrator who came about %s: %v", how, err)
			}
		}
		if after := h.dump(t); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
		h.exec(t, `UPDATE users SET role = ''`)
	}
	_, err := h.Setup(h.ctx, token, Ada(), From)
	must(t, err)
}

func setupAlone(t *testing.T, h house) {
	h = h.mailing(t)
	links := h.links(t)
	for purpose, l := range links {
		if _, err := h.Setup(h.ctx, l.Token, Ada(), From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the link to %s makes an administrator: %v", purpose, err)
		}
	}
	token := h.setup(t)
	for purpose, redeem := range h.redeems() {
		if err := redeem(token); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("a setup link is one to %s: %v", purpose, err)
		}
	}
	if _, err := h.InvitePending(h.ctx, token, bare(Ada()), "browser", From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("a setup link is an invitation: %v", err)
	}
	if list, _, err := h.Invitations(h.ctx, store.InviteMark{}); err != nil || len(list) != 1 {
		t.Errorf("listed %+v, %v", list, err)
	}
	if _, err := h.RevokeInvite(h.ctx, "setup", Operator); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RevokeInvite = %v", err)
	}
	_, err := h.Setup(h.ctx, token, store.Registration{Username: "chief", Email: "chief@example.com", Password: Password}, From)
	must(t, err)
}

func setsUpAgain(t *testing.T, h house) {
	h.staff(t, "disabled", store.RoleAdmin)
	h.staff(t, "closed", store.RoleAdmin)
	h.exec(t, `UPDATE users SET disabled_at = created_at WHERE username = 'disabled'`)
	h.exec(t, `UPDATE users SET closed_at = created_at WHERE username = 'closed'`)
	// None of them is lost by it.
	must(t, h.makeRole(t, "disabled", ""))
	must(t, h.Disable(h.ctx, h.find(t, "closed"), Operator))
	_, err := h.Setup(h.ctx, h.setup(t), Ada(), From)
	must(t, err)
}

// ROL-12: of several links that are used together one makes an administrator.
func TestROL12OneFirstAdministrator(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		houses, inTheWay := h.hurried(t)
		for round := range 100 {
			h.exec(t, `DELETE FROM users`)
			links := []string{h.setup(t), h.setup(t), h.setup(t)}
			links = append(links, links[0])
			var group sync.WaitGroup
			var made atomic.Int64
			for i, link := range links {
				group.Go(func() {
					name := fmt.Sprintf("first-%d", i)
					r := store.Registration{Username: name, Email: name + "@example.com", Password: Password}
					switch _, err := houses[i%2].Setup(h.ctx, link, r, From); {
					case err == nil:
						made.Add(1)
					case !errors.Is(err, store.ErrInvalidLink) && !errors.Is(err, secret.ErrBusy):
						t.Errorf("round %d: %v", round, err)
					}
				})
			}
			group.Wait()
			if made.Load() != 1 {
				t.Fatalf("round %d made %d administrators", round, made.Load())
			}
			h.count(t, "users", 1)
			h.count(t, "users WHERE role = 'admin'", 1)
			h.count(t, "tokens WHERE purpose = 'setup'", 0)
		}
		if n := inTheWay.Load(); n > 0 {
			t.Errorf("%d times two were in each other's way", n)
		}
	})
}
