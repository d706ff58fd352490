package handlers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestExportIsEverythingThatIsHeldAndNoSecret(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.header.Set("User-Agent", storetest.From.Agent)
		v.registers()
		v.another().signsIn("remember")
		v.post("/account/profile", url.Values{"name": {polyglot}, "username": {"countess"}}).goesTo("/account/profile")
		grace := v.another()
		grace.registersAs("grace")
		if link := v.get("/account/data").is(200).Find(`main a[href="/account/export"]`); link.Length() != 1 {
			t.Error("no link leads to the file")
		}
		file := v.get("/account/export").is(200)
		for name, want := range map[string]string{
			"Content-Type": "application/json; charset=utf-8", "Content-Disposition": `attachment; filename="account-countess.json"`,
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		} {
			if got := file.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		var held exportedAccount
		decoder := json.NewDecoder(strings.NewReader(file.body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&held); err != nil {
			t.Fatalf("%v in %s", err, file.body)
		}
		a := held.Account
		if held.Site != h.Name || a.Username != "countess" || a.Email != "ada@example.com" || a.Name != polyglot || a.RenamedAt == nil || !a.CreatedAt.Equal(h.user(t, "countess").CreatedAt) {
			t.Errorf("the account is %+v", held)
		}
		if len(held.SignIns) != 2 || len(held.Devices) != 2 || !slices.ContainsFunc(held.SignIns, func(n exportedSignIn) bool { return n.Remembered }) {
			t.Errorf("the sign-ins are %+v, the devices %+v", held.SignIns, held.Devices)
		}
		for _, n := range held.SignIns {
			if n.Kind != store.KindPassword || n.Address != "127.0.0.1" || n.SignedIn.IsZero() || n.Authenticated.IsZero() || n.Seen.IsZero() || n.Ends.IsZero() || n.Idle.IsZero() || n.SignedIn.Location() != time.UTC {
				t.Errorf("a sign-in is %+v", n)
			}
		}
		var events []string
		for _, e := range held.Events {
			events = append(events, e.Name)
			if e.Address != "127.0.0.1" || e.Request == "" || e.At.IsZero() {
				t.Errorf("an event is %+v", e)
			}
		}
		if want := []string{store.EventUpdated, store.EventUpdated, store.EventSignedIn, store.EventSignedIn, store.EventRegistered}; !slices.Equal(events, want) {
			t.Errorf("the events are %q, want %q", events, want)
		}
		if len(held.ReservedUsernames) != 1 || held.ReservedUsernames[0].Username != "ada" {
			t.Errorf("reserved are %+v", held.ReservedUsernames)
		}
		file.hides("$2a$", "grace", v.session(), v.device(), storetest.Password, "<script")
		for _, n := range h.signIns(t, "countess") {
			file.hides(n.ID)
		}
		var hash, device string
		if err := h.data.Read.QueryRow(`SELECT password_hash FROM users WHERE username = 'countess'`).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		if err := h.data.Read.QueryRow(`SELECT device FROM devices ORDER BY user_id LIMIT 1`).Scan(&device); err != nil {
			t.Fatal(err)
		}
		file.hides(hash, device)
		if !strings.Contains(h.log.String(), store.EventExported) {
			t.Error("no event was logged")
		}
	})
}

// What is held about passkeys and a second step is in the file, and none of it opens anything.
func TestExportHoldsPasskeysAndASecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		a, key := h.addsPasskey(t)
		_, codes := v.setsUp()
		if _, err := storetest.SignInByPasskey(t, h.Store, a, storetest.From); err != nil {
			t.Fatal(err)
		}
		v.get("/account/data").is(200).says("Your passkeys")
		file := v.get("/account/export").is(200).hides(codes...)
		var held exportedAccount
		if err := json.Unmarshal([]byte(file.body), &held); err != nil {
			t.Fatal(err)
		}
		if len(held.Passkeys) != 1 {
			t.Fatalf("the passkeys are %+v", held.Passkeys)
		}
		text := base64.RawURLEncoding.EncodeToString
		got := held.Passkeys[0]
		if got.ID != text(a.Keys[0].ID) || held.Account.PasskeyUser != text(a.Keys[0].User) || got.Handle != key.Handle || got.Name != key.Name ||
			got.Domain != h.Store.PasskeyDomain() || got.Model != key.Model || got.CanSync || got.Synced || got.Count != int64(a.Keys[0].Count) ||
			!slices.Equal(got.Transports, key.Transports) || got.CreatedAt.IsZero() || got.UsedAt == nil {
			t.Errorf("the passkey is %+v of %q", got, held.Account.PasskeyUser)
		}
		if !slices.ContainsFunc(held.SignIns, func(n exportedSignIn) bool { return n.Kind == store.KindPasskey && n.Passkey == key.Handle }) {
			t.Errorf("the sign-ins are %+v", held.SignIns)
		}
		if s := held.SecondStep; s == nil || s.Since == nil || s.App == nil || len(s.Codes) != store.RecoveryCodes {
			t.Errorf("the second step is %+v", s)
		}
		var hash string
		if err := h.data.Read.QueryRow(`SELECT hash FROM recovery_codes LIMIT 1`).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		file.hides(hash)
	}, withMail)
}

func TestExportOfSomebodyNewHasListsAndNoNulls(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registersAs("ada")
	file := v.get("/account/export").is(200)
	for _, want := range []string{`"reserved_usernames": []`, `"username_changed_at": null`, `"name": ""`, `"passkeys": []`} {
		if !strings.Contains(file.body, want) {
			t.Errorf("the file lacks %s:\n%s", want, file.body)
		}
	}
	file.hides("passkey_user_handle", "second_step")
}

func TestExportNeedsProofAndLeadsBackToItsPage(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/account/export").goesTo("/login?next=%2Faccount%2Fdata")
		v.registers()
		h.clock.Move(store.RecentAuth)
		for _, query := range []string{"", "?x=1"} {
			answer := v.get("/account/export" + query).hides("ada@example.com")
			if answer.header.Get("Content-Disposition") != "" {
				t.Error("a refused file is sent as one")
			}
			answer.goesTo("/confirm?next=%2Faccount%2Fdata")
		}
		v.post("/confirm", url.Values{"password": {storetest.Password}, "next": {"/account/export"}}).goesTo("/account/data").is(200)
		v.get("/account/export").is(200)
	})
}

// Two things under one name in the file would hide one of them.
func TestAProductTakesNoNameOfTheFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	file := reflect.TypeFor[exportedAccount]()
	for i := range file.NumField() {
		name, _, _ := strings.Cut(file.Field(i).Tag.Get("json"), ",")
		data := store.Data{Name: name, Export: func(context.Context, store.User) (any, error) { return nil, nil }}
		if err := h.Store.Extend(store.Product{Data: []store.Data{data}}); err == nil {
			t.Errorf("a product may call its data %q: put it into ownNames of the store", name)
		}
	}
}
