package storetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of known devices.
func TestDeviceContract(t *testing.T) {
	contract(t, []promise{
		{"LOG-13 lets a known device in while guesses from elsewhere make the account wait", knownDevice},
		{"LOG-13 counts a device by itself and forgets it after ten failures", forgetsDevice},
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
		if r, ok := store.AsRefusal(err); !ok || r.Wait == 0 {
			t.Errorf("from %q: %v, want a wait", from.Device, err)
		}
	}
	n := h.enter(t, "ada@example.com", Password, on(token))
	if _, err := h.Prove(h.ctx, n, Password, on(token)); err != nil {
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
		_, err := h.SignIn(h.ctx, ada, store.Visit{Origin: on(strings.Repeat("d", i+1))})
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
		_, err := h.SignIn(h.ctx, ada, store.Visit{Origin: on(strings.Repeat("d", i+1))})
		must(t, err)
	}
	h.clock.Move(store.DeviceKept)
	_, err := h.SignIn(h.ctx, ada, store.Visit{Origin: on("d")})
	must(t, err)
	for _, want := range []int64{3, 1, 0} {
		if got, err := h.PruneDevices(h.ctx, 3); err != nil || got != want {
			t.Errorf("PruneDevices = %d, %v; want %d", got, err, want)
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
	_, err := h.Prove(h.ctx, n, typed, on(token))
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
