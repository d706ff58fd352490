package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

// passkeyTime is how long a crowd signs in by passkey in each round. It has signed in thousands of
// times by then.
const passkeyTime = 4 * time.Second

// keyholder is somebody with a passkey that is on several devices, so that any number of them can
// use it at once.
type keyholder struct {
	*person
	*storetest.Authenticator
}

// stop is told where an authenticator cannot go on. It ends the program, which then is wrong.
type stop struct{ testing.TB }

func (stop) Helper()                           {}
func (stop) Fatal(why ...any)                  { panic(fmt.Sprint(why...)) }
func (stop) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// newKeyholder adds a passkey to the account of somebody who has just registered.
func newKeyholder(ctx context.Context, p *person) (keyholder, error) {
	k := keyholder{p, storetest.NewAuthenticator(p.site)}
	k.Synced = true
	const page = "/account/passkeys/new"
	token, options, err := p.begin(ctx, page)
	if err != nil {
		return k, err
	}
	status, err := p.send(ctx, page, url.Values{"passkey": {k.Create(stop{}, options)}, "ceremony": {token}})
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("adding a passkey was answered with %d", status)
	}
	return k, err
}

// begin begins with a passkey, as site.js does. It returns the token of the ceremony and the options.
func (p *person) begin(ctx context.Context, path string) (token string, options json.RawMessage, err error) {
	var body bytes.Buffer
	status, err := p.sendFor(ctx, path+"/options", nil, &body)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("beginning with a passkey was answered with %d", status)
	}
	if err != nil {
		return "", nil, err
	}
	var ceremony struct {
		Ceremony  string
		PublicKey json.RawMessage
	}
	err = json.Unmarshal(body.Bytes(), &ceremony)
	return ceremony.Ceremony, ceremony.PublicKey, err
}

// signInByPasskey signs in elsewhere: two requests, and a signature that counts against the site.
func (k keyholder) signInByPasskey(ctx context.Context) (int, error) {
	const page = "/login/passkey"
	p := k.elsewhere()
	token, options, err := p.begin(ctx, page)
	if err != nil {
		return 0, err
	}
	return p.send(ctx, page, url.Values{"passkey": {k.Get(stop{}, options)}, "ceremony": {token}})
}

func (m *members) signInByPasskey(ctx context.Context, i int) (int, error) {
	return m.keyholders[i].signInByPasskey(ctx)
}

// passkeyLeast is how many people sign in by passkey in the time in which one does by password. The
// disk decides, which has to keep each of them twice: the sign-in and its session.
const passkeyLeast = 25

// passkeys measures sign-ins by passkey relative to those by password or, if there is another site,
// relative to that site.
func passkeys(ctx context.Context, people, by *members) (passwordRate, error) {
	yardstick := func() (float64, turnedAway, error) { return people.crowd(ctx, crowdTime/2, people.signIn) }
	if by != nil {
		yardstick = func() (float64, turnedAway, error) { return by.crowd(ctx, passkeyTime, by.signInByPasskey) }
	}
	var mine, yardsticks, ratios []float64
	for range crowdRounds {
		before, _, err := yardstick()
		if err != nil {
			return passwordRate{}, err
		}
		rate, _, err := people.crowd(ctx, passkeyTime, people.signInByPasskey)
		if err != nil {
			return passwordRate{}, err
		}
		mine, yardsticks, ratios = append(mine, rate), append(yardsticks, before), append(ratios, rate/before)
	}
	name := fmt.Sprintf("sign-ins by passkey, %d people", crowd)
	return passwordRate{name, figures{median(mine), median(yardsticks), median(ratios)}, passkeyLeast}, nil
}
