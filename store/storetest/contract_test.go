package storetest_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// promise is one case of the contract.
type promise struct {
	name string
	run  func(t *testing.T, h house)
}

// contract runs every case on every database.
func contract(t *testing.T, promises []promise) {
	t.Helper()
	t.Parallel()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, d := range Databases {
				t.Run(d.Name, func(t *testing.T) {
					t.Parallel()
					p.run(t, open(t, d))
				})
			}
		})
	}
}

// The contract of accounts and sign-ins.
func TestContract(t *testing.T) {
	contract(t, []promise{
		{"registers a person and finds them by username and email, whatever the case", registers},
		{"REG-04 keeps one account per canonical username and email", oneAccountPerName},
		{"REG-06 gives one account to fifty who register the same at once", oneAccountAtOnce},
		{"refuses a registration that breaks a rule, and stores nothing", refusesRules},
		{"says whether a username is free", usernameFree},
		{"signs in by username and by email", authenticates},
		{"LOG-01 refuses every failed sign-in in the same words", refusesAlike},
		{"LOG-06 takes NFC and NFD for one password, and space and case for different ones", normalises},
		{"LOG-20 upgrades an older cost after the right password only, two at once", upgradesCost},
		{"accepts plain bcrypt of other systems and upgrades it", upgradesPlain},
		{"LOG-02 takes a hash above the highest cost for none, until a link brings a new one", tooDear},
		{"LOG-02 believes the hash and not what is noted of its cost", notedWrong},
		{"LOG-22 gives no sign-in to an account disabled while its password was compared", disabledMeanwhile},
		{"ends a sign-in after an idle hour, and visits extend it", idles},
		{"ends a sign-in after a day, however often it is visited", endsAbsolutely},
		{"keeps a sign-in for fourteen idle and thirty days in all", keeps},
		{"writes a visit down at most once a minute", seenOnceAMinute},
		{"SES-03 brings no ended sign-in back by a late visit", neverRevives},
		{"ADM-03 ends all sign-ins of a disabled account", disableEnds},
		{"SES-17 refuses an ended sign-in before it is pruned, and prunes in batches", prunes},
		{"keeps a person's sign-ins to twenty, ending the oldest", keepsTwenty},
		{"lists accounts page by page", lists},
		{"LOG-23 takes SQL and NUL in every field for text", metaCharacters},
		{"SRV-04 keeps its invariants under mixed writers", mixedWriters},
	})
}

func registers(t *testing.T, h house) {
	made := Register(t, h.Store, Ada())
	for _, who := range []string{"ada", " ADA ", "ada@example.com", "ADA@EXAMPLE.COM"} {
		found, err := h.Find(h.ctx, who)
		if err != nil || found != made {
			t.Errorf("Find(%q) = %+v, %v; want %+v", who, found, err, made)
		}
	}
	if made.Email != "Ada@example.com" || made.Name != "Ada Lovelace" || made.Username != "ada" || made.Disabled() {
		t.Errorf("registered %+v", made)
	}
	if _, err := h.Find(h.ctx, "grace"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Find(grace) = %v, want ErrNotFound", err)
	}
}

func oneAccountPerName(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, change := range []func(r *store.Registration){
		func(r *store.Registration) { r.Username, r.Email = "ADA", "other@example.com" },
		func(r *store.Registration) { r.Username = "other" },
		func(r *store.Registration) { r.Username, r.Email = "other", " ADA@EXAMPLE.com " },
	} {
		r := Ada()
		change(&r)
		_, err := h.Register(h.ctx, r, From)
		if _, ok := rules.AsRefusal(err); !ok {
			t.Errorf("Register(%s, %s) = %v, want a refusal", r.Username, r.Email, err)
		}
	}
	h.count(t, "users", 1)
}

func oneAccountAtOnce(t *testing.T, h house) {
	var group sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range 50 {
		group.Go(func() {
			r := Ada()
			if i%2 == 0 {
				r.Username, r.Email = "ADA", "ada@EXAMPLE.com"
			}
			_, err := h.Register(h.ctx, r, From)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				made++
			} else if refusal, ok := rules.AsRefusal(err); !ok || refusal.Field == "" {
				t.Errorf("Register = %v, want a refusal at a field", err)
			}
		})
	}
	group.Wait()
	if made != 1 {
		t.Errorf("%d registrations were accepted, want 1", made)
	}
	h.count(t, "users", 1)
}

func refusesRules(t *testing.T, h house) {
	for field, change := range map[string]func(r *store.Registration){
		"name":     func(r *store.Registration) { r.Name = strings.Repeat("n", rules.NameMax+1) },
		"username": func(r *store.Registration) { r.Username = "a b" },
		"email":    func(r *store.Registration) { r.Email = "nobody" },
		"password": func(r *store.Registration) { r.Password = CommonPassword },
	} {
		r := Ada()
		change(&r)
		_, err := h.Register(h.ctx, r, From)
		if refusal, ok := rules.AsRefusal(err); !ok || refusal.Field != field {
			t.Errorf("a bad %s gives %v, want a refusal there", field, err)
		}
	}
	h.count(t, "users", 0)
}

func usernameFree(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	if err := h.UsernameFree(h.ctx, "grace", store.User{}, ""); err != nil {
		t.Errorf("UsernameFree(grace) = %v, want nil", err)
	}
	for _, name := range []string{"ada", "ADA", "admin", "a"} {
		if _, ok := rules.AsRefusal(h.UsernameFree(h.ctx, name, store.User{}, "")); !ok {
			t.Errorf("UsernameFree(%s) was not refused", name)
		}
	}
}

func lists(t *testing.T, h house) {
	for i := range 5 {
		r := Ada()
		r.Username, r.Email = fmt.Sprintf("ada%d", i), fmt.Sprintf("ada%d@example.com", i)
		Register(t, h.Store, r)
	}
	var names []string
	for after := int64(0); ; {
		users, err := h.Users(h.ctx, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(users) == 0 {
			break
		}
		for _, user := range users {
			names, after = append(names, user.Username), user.ID
		}
	}
	if got, want := strings.Join(names, " "), "ada0 ada1 ada2 ada3 ada4"; got != want {
		t.Errorf("listed %q, want %q", got, want)
	}
}

func metaCharacters(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, value := range []string{`' OR '1'='1`, `"; DROP TABLE users; --`, "%", "_", "\x00", "$1", "a\x00b@example.com"} {
		if _, err := h.Find(h.ctx, value); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Find(%q) = %v, want ErrNotFound", value, err)
		}
		if _, _, err := h.Current(h.ctx, strings.ReplaceAll(value, "\x00", "")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Current(%q) = %v, want ErrNotFound", value, err)
		}
		if _, err := h.Authenticate(h.ctx, value, value, From); err == nil {
			t.Errorf("Authenticate(%q) succeeded", value)
		}
	}
	h.count(t, "users", 1)
}

func mixedWriters(t *testing.T, h house) {
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			r := Ada()
			r.Username, r.Email = fmt.Sprintf("ada%d", i), fmt.Sprintf("ada%d@example.com", i)
			user, err := h.Register(h.ctx, r, From)
			if err != nil {
				t.Errorf("Register = %v", err)
				return
			}
			for range 8 {
				n, err := h.SignIn(h.ctx, store.ByPassword(user), store.Origin{})
				if err != nil {
					t.Errorf("SignIn = %v", err)
					return
				}
				if _, _, err := h.Current(h.ctx, n.ID); err != nil {
					t.Errorf("Current = %v", err)
				}
				if err := h.SignOut(h.ctx, n, From); err != nil {
					t.Errorf("SignOut = %v", err)
				}
			}
		})
	}
	group.Wait()
	h.count(t, "users", 12)
	h.count(t, "signins", 0)
}
