package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
)

func TestServerTimingIsForDevelopersOnly(t *testing.T) {
	const (
		app     = `app;dur=\d+\.\d\d$`
		session = `^session;dur=\d+\.\d\d, `
		draw    = `draw;dur=\d+\.\d\d, `
	)
	for name, c := range map[string]struct {
		ask  func(v *visitor) *page
		want string
	}{
		"a page":       {func(v *visitor) *page { return v.get("/login").is(200) }, session + draw + app},
		"a refusal":    {func(v *visitor) *page { return v.tries("", "").is(422) }, session + draw + app},
		"a redirect":   {func(v *visitor) *page { return v.get("/account").is(303) }, session + app},
		"a problem":    {func(v *visitor) *page { return v.get("/nowhere").is(404) }, session + app},
		"a probe":      {func(v *visitor) *page { return v.get("/healthz").is(200) }, "^" + app},
		"an asset":     {func(v *visitor) *page { return v.get("/favicon.ico").is(200) }, "^" + app},
		"another host": {func(v *visitor) *page { return v.send(get, "/", nil, http.Header{"Host": {"evil.example"}}).is(421) }, "^" + app},
		"a check": {func(v *visitor) *page {
			v.htmx = true
			return v.post("/login/check/username", url.Values{"username": {"ada"}}).is(200)
		}, session + app},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := c.ask(newHouse(t, withMail).visitor(t))
			if got := answer.header.Values("Server-Timing"); len(got) != 1 || !regexp.MustCompile(c.want).MatchString(got[0]) {
				t.Errorf("on a developer's machine Server-Timing is %q, want %s", got, c.want)
			}
			answer = c.ask(newHouse(t, measured).visitor(t))
			if got := answer.header.Values("Server-Timing"); len(got) != 0 {
				t.Errorf("elsewhere Server-Timing is %q", got)
			}
		})
	}
}
