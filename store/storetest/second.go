package storetest

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/store"
	"gatehouse/store/secret"
)

// App is an authenticator app of tests. It shows codes by the clock of the test.
type App struct {
	Key   []byte
	Clock *Clock
}

// Code is what the app shows now.
func (a App) Code() string { return a.CodeIn(0) }

// CodeIn is what the app shows so many steps later, or before.
func (a App) CodeIn(steps int64) string {
	return secret.AppCode(a.Key, secret.AppStepAt(a.Clock.Now())+steps)
}

// Next waits for the next code. Each code works once, so one that was just used is followed
// by it.
func (a App) Next() string {
	a.Clock.Move(secret.AppStep)
	return a.Code()
}

// Wrong is a code that the app shows neither now nor anywhere near.
func (a App) Wrong() string {
	shown := map[string]bool{}
	for steps := int64(-20); steps <= 20; steps++ {
		shown[a.CodeIn(steps)] = true
	}
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%06d", n); !shown[code] {
			return code
		}
	}
}

// AppCode is what an authenticator app with that key shows now.
func AppCode(key []byte, clock *Clock) string { return App{key, clock}.Code() }

// SetUpApp gives whoever is signed in an authenticator app or fails the test. It returns the
// app, the sign-in under its new id, and the recovery codes that were made. The code that
// the app shows now is used.
func SetUpApp(t testing.TB, s *store.Store, clock *Clock, n store.SignIn) (App, store.SignIn, []string) {
	t.Helper()
	user, err := s.UserByID(context.Background(), n.UserID)
	if err != nil {
		t.Fatalf("find user %d: %v", n.UserID, err)
	}
	app := App{s.AppKey(n, user), clock}
	n, codes, err := s.SetUpApp(context.Background(), n, user, app.Code(), From)
	if err != nil {
		t.Fatalf("set up an app for %s: %v", user.Username, err)
	}
	return app, n, codes
}

// SignInByCode is a whole sign-in in two steps, with a code of that kind, as pages do it.
// trust is a new token for a browser that is to be trusted, or empty.
func SignInByCode(s *store.Store, who, password, kind, code, trust string, from store.Origin) (store.SignIn, error) {
	ctx := context.Background()
	entry, err := s.Authenticate(ctx, who, password, from)
	if err != nil {
		return store.SignIn{}, fmt.Errorf("the password of %s: %w", who, err)
	}
	entry, err = s.Resume(ctx, s.Ticket(entry))
	if err != nil {
		return store.SignIn{}, fmt.Errorf("the ticket of %s: %w", who, err)
	}
	if entry, err = s.EnterCode(ctx, entry, kind, code, from); err != nil {
		return store.SignIn{}, err
	}
	entry.Trust = trust
	return s.SignIn(ctx, entry, from)
}
