package housetest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"gatehouse/handlers"
	"gatehouse/handlers/visitor"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func hasPlaceholder(path string) bool { return placeholder.MatchString(path) }

// exampleOf is an address of a path, as one may look.
func exampleOf(path string) string { return placeholder.ReplaceAllString(path, "1") }

// asks says whether a guard asks for all that another asks for.
func asks(g, other handlers.Guard) bool { return g.And(other) == g }

// turnedAway says where a route sends somebody who may not use it, in the order in which
// guards ask: to a page, or nowhere with a status. Both are empty for who may use it.
func turnedAway(r handlers.Route, p person) (page string, status int) {
	switch {
	case asks(r.Guard, handlers.Members) && p.user == nil:
		return "/login", 0
	case !r.Guard.Admits(p.user), r.Allow != nil && !r.Allow(*p.user):
		return "", http.StatusForbidden
	case asks(r.Guard, handlers.Verified) && !p.user.Verified():
		return "/email/verify", 0
	case asks(r.Guard, handlers.Recent) && !p.recent:
		return "/confirm", 0
	}
	return "", 0
}

// admits says whether somebody may use a route.
func admits(r handlers.Route, p person) bool {
	page, status := turnedAway(r, p)
	return page == "" && status == 0
}

// holds requires that the answer turns somebody away as the guard asks.
func (c *checker) holds(r handlers.Route, p person, answer *visitor.Page) {
	page, status := turnedAway(r, p)
	leads := answer.Destination()
	before, _, _ := strings.Cut(leads, "?")
	switch {
	case status != 0 && answer.Status != status:
		c.fault("%s %s answers %d to %s, whom it does not allow, want %d", r.Method, r.Path, answer.Status, p.name, status)
	case page != "" && before != page:
		c.fault("%s %s answers %d to %s and leads to %q, want %s", r.Method, r.Path, answer.Status, p.name, leads, page)
	case page != "" && page != "/email/verify" && r.Method == http.MethodGet && leads != page+"?"+url.Values{"next": {answer.Path}}.Encode():
		c.fault("%s %s sends %s to %q, which does not lead back to it", r.Method, r.Path, p.name, leads)
	}
}
