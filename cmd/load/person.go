package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
)

// password is the password of all generated people.
const password = "a gate of oak and iron"

// person is a browser and its user.
type person struct {
	client *http.Client
	site   string
}

func newPerson(s *server) *person {
	scheme := "http://"
	if s.host == publicHost {
		scheme = "https://"
	}
	return (&person{&http.Client{Transport: s.transport()}, scheme + s.host}).elsewhere()
}

// elsewhere is the person in another browser, without cookies. It uses the same connections, so
// that many browsers do not use up the ports.
func (p *person) elsewhere() *person {
	jar, _ := cookiejar.New(nil) // fails only for bad options
	return &person{&http.Client{
		Jar:       jar,
		Transport: p.client.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}, p.site}
}

// transport connects to the server whatever the address says. https addresses use plain TCP:
// the connection stands for the one from the proxy, and TLS is not measured.
func (s *server) transport() *http.Transport {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(s.url, "http://"))
	}
	return &http.Transport{DialContext: dial, DialTLSContext: dial, DisableCompression: true, MaxIdleConnsPerHost: 64}
}

// get opens a page and returns its status.
func (p *person) get(ctx context.Context, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.site+path, nil)
	if err != nil {
		return 0, err
	}
	return p.do(r, io.Discard)
}

// send sends a form and returns the status of the answer.
func (p *person) send(ctx context.Context, path string, form url.Values) (int, error) {
	return p.sendFor(ctx, path, form, io.Discard)
}

// sendFor is send for the body of the answer.
func (p *person) sendFor(ctx context.Context, path string, form url.Values, body io.Writer) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.site+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r, body)
}

func (p *person) do(r *http.Request, body io.Writer) (int, error) {
	answer, err := p.client.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(body, answer.Body)
	err = errors.Join(err, answer.Body.Close())
	if answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") == "" {
		err = errors.Join(err, errors.New("503 without Retry-After"))
	}
	return answer.StatusCode, err
}

// cookies are what the person's browser would send.
func (p *person) cookies() string {
	u, _ := url.Parse(p.site) // the address of a server that was reached
	var pairs []string
	for _, cookie := range p.client.Jar.Cookies(u) {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(pairs, "; ")
}

// people numbers the registrations. runID distinguishes them from those of another run on the
// same database.
var (
	people atomic.Int64
	runID  = strings.ToLower(rand.Text()[:6])
)

// register registers with a new username and returns it with the status.
func (p *person) register(ctx context.Context) (username string, status int, err error) {
	username = fmt.Sprintf("person-%s-%d", runID, people.Add(1))
	status, err = p.send(ctx, "/register", url.Values{
		"username": {username}, "email": {username + "@load.example"}, "password": {password},
	})
	return username, status, err
}

func (p *person) signIn(ctx context.Context, username string) (int, error) {
	return p.send(ctx, "/login", url.Values{"username": {username}, "password": {password}})
}

// mustRegister returns a person who has just registered and is signed in.
func mustRegister(ctx context.Context, site *server) (*person, string, error) {
	p := newPerson(site)
	username, status, err := p.register(ctx)
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("registering was answered with %d", status)
	}
	return p, username, err
}
