package main

import (
	"net/url"
	"regexp"
	"strconv"
	"testing"

	"gatehouse/store/storetest"
)

// held are the goroutines and open files of a program, by its metrics.
func held(t *testing.T, metrics *caller) map[string]int {
	t.Helper()
	defer metrics.client.CloseIdleConnections()
	body := metrics.get("/metrics").is(t, 200).body
	figures := map[string]int{}
	for _, found := range regexp.MustCompile(`(?m)^(go_goroutines|process_open_fds) (\d+)$`).FindAllStringSubmatch(body, -1) {
		figures[found[1]], _ = strconv.Atoi(found[2])
	}
	if figures["go_goroutines"] == 0 {
		t.Fatalf("the metrics say nothing of goroutines:\n%s", body)
	}
	return figures
}

// Whatever becomes of a request, what it took is given back.
func TestConnectionsAndGoroutinesAreGivenBack(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, d.New(t), "--metrics-listen", "127.0.0.1:0")
			line := regexp.MustCompile(`metrics are at (http://\S+)/metrics\n`)
			eventually(t, "the line that says where metrics are", func() bool { return line.MatchString(p.out.String()) })
			metrics := p.caller()
			metrics.url = line.FindStringSubmatch(p.out.String())[1]
			ada := storetest.Ada()
			round := func() {
				c := p.caller()
				defer c.client.CloseIdleConnections()
				c.signIn(ada)
				for _, path := range []string{"/", "/account", "/account/activity", "/account/export", "/nothing", "/assets/nothing"} {
					c.get(path)
				}
				c.post("/password/forgot", url.Values{"identifier": {"nobody"}})
				c.post("/logout", nil)
				_, leave := p.begin("/login", "username=ada&password=half")
				if err := leave(); err != nil {
					t.Error(err)
				}
				p.dial().Close()
			}
			p.caller().register(ada).is(t, 303)
			for range 3 {
				round()
			}
			before := held(t, metrics)
			const rounds, slack = 30, 15
			for range rounds {
				round()
			}
			eventually(t, "what was taken to be given back", func() bool {
				for figure, n := range held(t, metrics) {
					if n > before[figure]+slack {
						return false
					}
				}
				return true
			})
		})
	}
}
