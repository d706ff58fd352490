package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

// knows hands Ada's device cookie to somebody else.
func (v *visitor) knows(device string) *visitor {
	v.client.Jar.SetCookies(v.h.BaseURL, []*http.Cookie{{Name: v.h.cookieName(deviceCookie), Value: device, Path: "/"}})
	return v
}

func TestLOG13AKnownDeviceGetsInWhileTheAccountWaits(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		v.post("/logout", url.Values{}).goesTo(signedOutPage)
		if v.device() == "" {
			t.Fatal("the device is forgotten with the sign-out")
		}
		for range free {
			v.another().from("192.0.2.2").tries("ada", "wrong").is(422)
		}
		v.another().from("192.0.2.3").tries("ada", "analytical engine no. 1").is(429)
		v.another().from("192.0.2.3").knows(strings.Repeat("A", 26)).tries("ada", "wrong").is(429)
		v.signsIn()
		// That the owner came in gives the others nothing.
		v.another().from("192.0.2.3").tries("ada", "wrong").is(429)
	}, limited)
}

func TestAKnownDeviceHasACountOfItsOwnAndIsForgottenAfterTenFailures(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		for range free {
			v.another().from("192.0.2.1").knows(v.device()).tries("ada", "wrong").is(422)
		}
		thief := v.another().from("192.0.2.2").knows(v.device())
		thief.tries("ada", "wrong").waits("1")
		v.another().from("192.0.2.3").tries("ada", "wrong").is(422) // the account is not concerned
		for i := free; i < 10; i++ {
			h.clock.Move(time.Minute)
			thief.tries("ada", "wrong").is(422)
		}
		if h.rows(t, "devices") != 0 {
			t.Error("after ten failures the device is still known")
		}
		// From here on it is a stranger like any other: one failure counts already.
		for i := 1; i < free; i++ {
			thief.tries("ada", "wrong").is(422)
		}
		thief.tries("ada", "wrong").waits("1")
	}, limited)
}

func TestASignInOnADeviceMakesGoodItsFailures(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		v.post("/logout", url.Values{})
		for range 3 {
			for range free - 1 {
				v.tries("ada", "wrong").is(422)
			}
			v.signsIn()
			v.post("/logout", url.Values{})
			h.clock.Move(time.Minute)
		}
	}, limited)
}

func TestADeviceOfOnePersonIsUnknownToAnother(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		mallory := v.another().from("192.0.2.2")
		mallory.registersAs("mallory")
		mallory.post("/logout", url.Values{})
		for range free {
			mallory.tries("ada", "wrong").is(422)
		}
		v.another().from("192.0.2.3").tries("ada", "wrong").is(429)
	}, limited)
}

func TestTheDeviceCookieOutlivesSignOutsAndOpensNothing(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		registered := v.get("/register").submit(ada())
		c := registered.cookie("device")
		if c == nil || !browserToken.MatchString(c.Value) || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge != int(store.DeviceLifetime/time.Second) {
			t.Fatalf("the cookie is %v", c)
		}
		thief := v.another().knows(c.Value)
		if got := thief.signedIn(); got != "" {
			t.Errorf("a device cookie alone signs in as %q", got)
		}
		v.post("/logout", url.Values{})
		v.signsIn()
		if v.device() != c.Value || h.rows(t, "devices") != 1 {
			t.Errorf("the device is another one: %d are known", h.rows(t, "devices"))
		}
		v.get("/account/activity").hides("new device")
		v.another().signsIn()
		v.get("/account/activity").says("Signed in on a new device")
	})
}

func TestSES12OddDeviceCookiesAreReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limited)
	h.visitor(t).registers()
	for _, odd := range []string{"x", strings.Repeat("A", 27), strings.Repeat("a", 26), strings.Repeat("A", 8000), "' OR 1=1", `"` + strings.Repeat("A", 26) + `x"`, "%00", "é"} {
		v := h.visitor(t)
		v.header.Set("Cookie", h.cookieName(deviceCookie)+"="+odd)
		answer := v.tries("ada", "analytical engine no. 1").is(303)
		if c := answer.cookie("device"); c == nil || !browserToken.MatchString(c.Value) {
			t.Errorf("%q is answered with %v", odd, c)
		}
	}
}

func TestEndingASignInForgetsItsDevice(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		lost := v.another().from("192.0.2.2")
		lost.signsIn()
		v.post(v.get("/account/signins").ends()[0], url.Values{}).arrives("/account/signins")
		if got := h.rows(t, "devices"); got != 1 {
			t.Errorf("%d devices are known, want 1", got)
		}
		for range free {
			lost.tries("ada", "wrong").is(422)
		}
		v.another().from("192.0.2.3").tries("ada", "wrong").is(429) // counted on the account
	}, limited)
}
