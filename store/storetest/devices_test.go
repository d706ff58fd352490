package storetest_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of known devices.
func TestDeviceContract(t *testing.T) {
	contract(t, []promise{
		{"LOG-13 lets a known device in while guesses from elsewhere make the account wait", knownDevice},
		{"LOG-13 counts a device by itself and forgets it after ten failures", forgetsDevice},
		{"keeps a device by the right password after nine wrong ones, and writes no letter", keepsDevice},
		{"counts against a device what is known to be wrong, of any number of tries at once", countsWrongOnDevice},
		{"forgets no device for a try that was never compared", busyForgetsNoDevice},
		{"LOG-13 forgets a device while the account changes", forgetsMeanwhile},
		{"knows a device only after a sign-in, and by its own cookie", meetsDevice},
		{"tells a sign-in on a new device from the first and from a known one", newDevice},
		{"knows a person's last twenty devices", surplusDevices},
		{"prunes devices on which nobody signed in for long, in batches", prunesDevices},
		{"SES-10 keeps no device token, password or typed name in clear", nothingInClear},
	})
}

const token = "the-device-token-of-ada"

func knownDevice(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	h.enter(t, "ada", Password, on(token))
	h.enter(t, "grace", Password, on("the-device-token-of-grace"))
	h.burn(t, "ada", From)
	for _, from := range []store.Origin{From, on("invented"), on("the-device-token-of-grace")} {
		_, err := h.Authenticate(h.ctx, "ada", Password, from)
		if r, ok := rules.AsRefusal(err); !ok || r.Wait == 0 {
			t.Errorf("from %q: %v, want a wait", from.Device, err)
		}
	}
	n := h.enter(t, "ada@example.com", Password, on(token))
	if _, err := h.Reauthenticate(h.ctx, n, Password, "", on(token)); err != nil {
		t.Errorf("Prove on the known device = %v", err)
	}
	if r := h.guess(t, "ada", From); r.Wait == 0 {
		t.Error("a sign-in on the known device cleared the count of the account")
	}
}

func forgetsDevice(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	h.enter(t, "ada", Password, on(token))
	for failures := 0; failures < 10; {
		h.count(t, "devices", 1)
		r := h.guess(t, "ada", on(token))
		if r.Wait == 0 {
			failures++
		}
		if failures == free && r.Wait == 0 {
			if r := h.guess(t, "ada", From); r.Wait != 0 {
				t.Errorf("failures on a device count for the account: %+v", r)
			}
		}
		h.clock.Move(r.Wait)
	}
	h.count(t, "devices", 0)
	h.burn(t, "ada", From)
	_, err := h.Authenticate(h.ctx, "ada", Password, on(token))
	if r := refused(t, err); r.Wait == 0 {
		t.Errorf("the forgotten device gets %+v, want the wait of the account", r)
	}
}

// misses tries so many wrong passwords on a device, waiting where it must.
func (h house) misses(t *testing.T, device string, times int) {
	t.Helper()
	for wrong := 0; wrong < times; {
		r := h.guess(t, "ada", on(device))
		if r.Wait == 0 {
			wrong++
		}
		h.clock.Move(r.Wait)
	}
	h.clock.Move(store.DefaultLimits.LongestWait)
}

func keepsDevice(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	h.enter(t, "ada", Password, on("work"))
	h.enter(t, "ada", Password, on("home"))
	h.post(t)
	h.misses(t, "home", 9)
	h.clock.Move(24 * time.Hour) // a quiet day forgets them
	for _, c := range []struct {
		wrong          int
		detail, letter string
	}{
		{9, "", ""},
		{9, "", ""}, // the right one began the count again
		{10, store.DetailNewDevice, store.LetterNewDevice},
	} {
		h.misses(t, "home", c.wrong)
		h.clock.Move(time.Hour)
		h.enter(t, "ada", Password, on("home"))
		events, _, err := h.Events(h.ctx, ada, 0)
		must(t, err)
		if got := kinds(h.post(t)); events[0].Detail != c.detail || got != c.letter {
			t.Errorf("after %d wrong ones the right one is %q and writes %q, want %q and %q", c.wrong, events[0].Detail, got, c.detail, c.letter)
		}
	}
}

// hasty is the same house where nobody has to wait.
func (h house) hasty(t *testing.T) house {
	t.Helper()
	rules := store.DefaultRules
	rules.Limits.WrongPasswords = 50
	return h.ruled(t, rules)
}

func countsWrongOnDevice(t *testing.T, h house) {
	h = h.hasty(t)
	houses := []house{h, h.copied(t).hasty(t)}
	Register(t, h.Store, Ada())
	h.enter(t, "ada", Password, on(token))
	for _, c := range []struct{ wrong, right, devices int }{{9, 5, 1}, {1, 0, 0}} {
		var group sync.WaitGroup
		for i := range c.wrong + c.right {
			group.Go(func() {
				h, password := houses[i%2], "wrong"
				if i%2 == 0 && i/2 < c.right {
					password = Password
				}
				_, err := h.Authenticate(h.ctx, "ada", password, on(token))
				if _, refused := rules.AsRefusal(err); refused != (password == "wrong") {
					t.Errorf("%s: %v", password, err)
				}
			})
		}
		group.Wait()
		h.count(t, "devices", c.devices)
	}
	h.enter(t, "ada", Password, on(token))
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			if _, err := houses[i%2].Authenticate(h.ctx, "ada", "wrong", on(token)); err == nil {
				t.Error("a wrong password was accepted")
			}
		})
	}
	group.Wait()
	h.count(t, "devices", 0)
}

func busyForgetsNoDevice(t *testing.T, h house) {
	n := h.signIn(t, false)
	h.enter(t, "ada", Password, on(token))
	h.misses(t, token, 9)
	busy := h.gated(t, secret.NewGate(0, time.Millisecond))
	for range 3 {
		_, tried := busy.Authenticate(h.ctx, "ada", Password, on(token))
		_, reauth := busy.Reauthenticate(h.ctx, n, Password, "", on(token))
		for _, err := range []error{tried, reauth} {
			if !errors.Is(err, secret.ErrBusy) {
				t.Errorf("got %v, want ErrBusy", err)
			}
		}
	}
	h.count(t, "devices", 1)
	h.misses(t, token, 1)
	h.count(t, "devices", 0)
}

// What changes an account takes its devices and its failures in an order of its
// own, and must not wait for whoever forgets a device.
func forgetsMeanwhile(t *testing.T, h house) {
	h = h.hasty(t)
	Register(t, h.Store, Ada())
	h.enter(t, "ada", Password, on(token))
	for range 9 {
		h.guess(t, "ada", on(token))
	}
	answers := h.overtake(t, `UPDATE users SET epoch = epoch + 1; DELETE FROM devices`, []string{`DELETE FROM throttles`}, func() error {
		_, err := h.Authenticate(h.ctx, "ada", "wrong", on(token))
		return err
	})
	refused(t, answers[0])
	h.count(t, "devices", 0)
}

func meetsDevice(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	h.guess(t, "ada", on(token))
	_, err := h.Authenticate(h.ctx, "ada", Password, on(token))
	must(t, err)
	h.enter(t, "ada", Password, From)
	h.count(t, "devices", 0)
	h.enter(t, "ada", Password, on(token))
	h.clock.Move(time.Hour)
	h.enter(t, "ada", Password, on(token))
	export, err := h.Export(h.ctx, h.find(t, "ada"))
	must(t, err)
	now := h.clock.Now().UTC().Truncate(time.Microsecond)
	want := []store.Device{{CreatedAt: now.Add(-time.Hour), SeenAt: now}}
	if !slices.Equal(export.Devices, want) {
		t.Errorf("devices %v, want %v", export.Devices, want)
	}
}

func newDevice(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	for _, c := range []struct{ device, want string }{
		{"", ""},
		{token, ""},
		{token, ""},
		{"second", store.DetailNewDevice},
		{"second", ""},
		{token, ""},
	} {
		h.enter(t, "ada", Password, on(c.device))
		events, _, err := h.Events(h.ctx, ada, 0)
		must(t, err)
		if e := events[0]; e.Name != store.EventSignedIn || e.Detail != c.want {
			t.Errorf("on %q: %s %q, want the detail %q", c.device, e.Name, e.Detail, c.want)
		}
	}
}

func surplusDevices(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	for i := range store.SignInsMax + 2 {
		h.clock.Move(time.Second)
		_, err := h.SignIn(h.ctx, store.ByPassword(ada), on(strings.Repeat("d", i+1)))
		must(t, err)
	}
	h.count(t, "devices", store.SignInsMax)
	h.burn(t, "ada", From)
	for i, known := range map[int]bool{1: false, 2: false, 3: true, store.SignInsMax + 2: true} {
		if r := h.guess(t, "ada", on(strings.Repeat("d", i))); (r.Wait == 0) != known {
			t.Errorf("device %d is known: %v, want %v", i, !known, known)
		}
	}
}

func prunesDevices(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	for i := range 5 {
		_, err := h.SignIn(h.ctx, store.ByPassword(ada), on(strings.Repeat("d", i+1)))
		must(t, err)
	}
	h.clock.Move(store.DeviceLifetime)
	_, err := h.SignIn(h.ctx, store.ByPassword(ada), on("d"))
	must(t, err)
	for _, want := range []int64{3, 1, 0} {
		if got, err := Prune(h.ctx, h.Store, "devices", 3); err != nil || got != want {
			t.Errorf("pruning devices = %d, %v; want %d", got, err, want)
		}
	}
	h.count(t, "devices", 1)
}

func nothingInClear(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	const typed = "typed into the wrong line"
	h.guess(t, typed, on("unknown-token"))
	h.guess(t, "nobody@example.org", From)
	n := h.enter(t, "ada", Password, on(token))
	h.guess(t, "ada", on(token))
	_, err := h.Reauthenticate(h.ctx, n, typed, "", on(token))
	refused(t, err)
	n, err = h.ChangePassword(h.ctx, n, Password, otherPassword, on(token))
	must(t, err)
	h.guess(t, "ada", on(token))
	must(t, h.SignOut(h.ctx, n, on(token)))
	h.count(t, "devices", 1)
	h.count(t, "throttles", 3)
	dump := strings.ReplaceAll(strings.ToLower(h.dump(t)), "wrong_passwords=", "")
	for _, secret := range []string{token, "unknown-token", typed, "nobody", Password, otherPassword, "wrong"} {
		if strings.Contains(dump, secret) {
			t.Errorf("the database holds %q in clear", secret)
		}
	}
}
