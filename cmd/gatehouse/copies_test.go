package main

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// at is the same browser, at another copy of the program. The cookies of localhost
// bear the port, so it gets them under their names there.
func (c *caller) at(p *process) *caller {
	here, there := parsed(c.t, c.url), parsed(c.t, p.url)
	other := p.caller()
	for _, cookie := range c.client.Jar.Cookies(here) {
		cookie.Name = strings.TrimSuffix(cookie.Name, here.Port()) + there.Port()
		cookie.Path = "/"
		other.client.Jar.SetCookies(there, []*http.Cookie{cookie})
	}
	return other
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestTwoCopiesAreOneSite(t *testing.T) {
	t.Parallel()
	database := storetest.Postgres(t).NewDatabase(t)
	one, two := launch(t, database), launch(t, database)

	ada := one.caller()
	ada.register(storetest.Ada())
	if !ada.signedIn() || !ada.at(two).signedIn() {
		t.Fatal("signed in on one copy is not signed in on the other")
	}
	if got := two.caller().register(storetest.Ada()).status; got != 422 {
		t.Errorf("the same account on the other copy: %d, want 422", got)
	}
	kept := two.caller()
	kept.signIn(storetest.Ada())
	if got := ada.at(two).post("/logout", nil).status; got != 303 {
		t.Errorf("signing out: %d, want 303", got)
	}
	if ada.signedIn() || ada.at(two).signedIn() {
		t.Error("signed out on one copy is signed in on the other")
	}
	if !kept.signedIn() || !kept.at(one).signedIn() {
		t.Error("another sign-in of the same person is gone")
	}
	one.stop()
	if !kept.signedIn() {
		t.Error("with one copy gone the person is signed out")
	}
	one = launch(t, database)
	if !kept.at(one).signedIn() {
		t.Error("the copy that came back does not know the person")
	}
}

func TestConcurrentDuplicatesOnTwoCopiesMakeOneAccount(t *testing.T) {
	t.Parallel()
	database := storetest.Postgres(t).NewDatabase(t)
	copies := []*process{launch(t, database), launch(t, database)}
	var mu sync.Mutex
	answers := map[int]int{}
	var group sync.WaitGroup
	for i := range 20 {
		browser := copies[i%2].caller()
		group.Go(func() {
			r, err := browser.do("POST", "/register", registration(store.Registration{
				Username: "ada", Email: "ada@example.com", Password: storetest.Password,
			}))
			if err != nil {
				t.Errorf("register: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			answers[r.status]++
		})
	}
	group.Wait()
	if answers[303] != 1 || answers[422] != 19 {
		t.Errorf("answers %v, want one 303 and 19 times 422", answers)
	}
}
