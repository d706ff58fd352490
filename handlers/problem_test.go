package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// ways are the addresses that a problem page leads to, in their order.
func (p *page) ways() string {
	var paths []string
	for _, a := range p.Find(".problem .actions a").EachIter() {
		paths = append(paths, a.AttrOr("href", ""))
	}
	return strings.Join(paths, " ")
}

func TestProblemPagesLeadOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stranger, member := h.visitor(t), h.visitor(t)
	member.registers()
	for _, c := range []struct {
		answer *page
		status int
		ways   string
	}{
		{stranger.get("/nowhere"), 404, "/ /login"},
		{member.get("/nowhere"), 404, "/account /"},
		{stranger.send(http.MethodPut, "/login", nil, nil), 405, "/"},
		{stranger.postExactly("/theme", url.Values{"theme": {"neon"}}), 400, "/ /login"},
	} {
		if c.answer.is(c.status); c.answer.ways() != c.ways {
			t.Errorf("%s, %d, leads to %q, want %q", c.answer.path, c.status, c.answer.ways(), c.ways)
		}
		if got := c.answer.Find(".problem svg.picture").Length(); got != 1 {
			t.Errorf("%s, %d, shows %d gates", c.answer.path, c.status, got)
		}
		if said := strings.TrimSpace(c.answer.Find(".problem").Text()); !strings.HasPrefix(said, c.answer.Find("h1").Text()) || !strings.HasSuffix(said, strconv.Itoa(c.status)) {
			t.Errorf("%s does not begin with its heading and end with its number: %q", c.answer.path, said)
		}
	}
}

// A fault is tried again where it was met, but only by opening a page of this site. Its page needs no session.
func TestAFaultIsTriedAgainWhereItWasMet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	v := h.visitor(t)
	v.present(strings.Repeat("A", tokenLength))
	for address, want := range map[string]string{
		"/account": "/account /", "/login?next=%2Faccount": "/login?next=%2Faccount /", "/login?secret=1": "/login /",
		"//evil.example/": "/", "/password/reset/" + strings.Repeat("A", tokenLength): "/", "/nowhere": "/",
	} {
		if got := v.get(address).is(500).ways(); got != want {
			t.Errorf("%s leads to %q, want %q", address, got, want)
		}
	}
	if got := v.post("/login", url.Values{"username": {"ada"}}).is(500).ways(); got != "/" {
		t.Errorf("what was sent is tried again at %q", got)
	}
}
