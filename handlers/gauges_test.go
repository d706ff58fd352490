package handlers

import (
	"context"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

func TestMetricsShowTheGate(t *testing.T) {
	t.Parallel()
	gate := secret.NewGate(1, time.Minute)
	h := newHouse(t, measured, func(s *Site) { s.Hasher.Gate = gate })
	h.becomes(t, map[string]float64{"gate_slots": 1, "gate_in_use": 0, "gate_waiting": 0, "gate_turned_away_total": 0})
	held, release := make(chan struct{}), make(chan struct{})
	go gate.Do(t.Context(), func() { close(held); <-release }) //nolint:errcheck // held says that it runs
	<-held
	answers := make(chan *page)
	for range 2 {
		go func() { answers <- h.visitor(t).tries("ada", "wrong") }()
	}
	h.becomes(t, map[string]float64{"gate_slots": 1, "gate_in_use": 1, "gate_waiting": 2, "gate_turned_away_total": 0})
	close(release)
	for range 2 {
		(<-answers).is(422)
	}
	h.becomes(t, map[string]float64{"gate_in_use": 0, "gate_waiting": 0, "gate_turned_away_total": 0})
	gate.Close() // now nobody gets a slot
	h.visitor(t).tries("ada", "wrong").is(503)
	h.becomes(t, map[string]float64{"gate_in_use": 0, "gate_waiting": 0, "gate_turned_away_total": 1})
}

func TestMetricsShowHowManyLinesOfTheLogAreLost(t *testing.T) {
	t.Parallel()
	lost := int64(0)
	h := newHouse(t, measured, func(s *Site) { s.LostLines = func() int64 { return lost } })
	h.becomes(t, map[string]float64{"log_lines_lost_total": 0}) // a rate needs a count to begin from
	lost = 7
	h.becomes(t, map[string]float64{"log_lines_lost_total": 7})
}

func TestMetricsShowSignInsAndTheOutbox(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		none := map[string]float64{"signins": 0, "outbox_letters": 0, "outbox_oldest_seconds": 0}
		h.becomes(t, none)
		v.registers()
		h.becomes(t, none) // what takes a query is asked for once a minute
		h.clock.Move(askEvery)
		h.becomes(t, map[string]float64{"signins": 1, "outbox_letters": 1, "outbox_oldest_seconds": 60})
		v.another().signsIn()
		storetest.Register(t, h.Store, registration("grace"))
		h.clock.Move(askEvery)
		h.becomes(t, map[string]float64{"signins": 2, "outbox_letters": 2, "outbox_oldest_seconds": 120})
		h.letters(t)
		v.post("/logout", url.Values{})
		h.clock.Move(askEvery)
		h.becomes(t, map[string]float64{"signins": 1, "outbox_letters": 0, "outbox_oldest_seconds": 0})
		h.clock.Move(store.Absolute)
		h.becomes(t, none)
	}, measured, withMail)
}

func TestFiguresAreAskedForAnewAfterAClockThatWasAhead(t *testing.T) {
	either(t, func(t *testing.T, h *house, _ *visitor) {
		h.becomes(t, map[string]float64{"outbox_letters": 0})
		h.clock.Move(-time.Hour)
		storetest.Register(t, h.Store, storetest.Ada())
		h.becomes(t, map[string]float64{"outbox_letters": 1, "outbox_oldest_seconds": 0})
	}, measured, withMail)
}

func TestAFigureThatCannotBeHadIsLeftOut(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		complaints := func(want int) {
			t.Helper()
			if got := strings.Count(h.log.String(), "a figure is missing"); got != want {
				t.Errorf("the log complains %d times, want %d:\n%s", got, want, h.log)
			}
		}
		change := func(statement string) {
			t.Helper()
			if _, err := h.data.Write.Exec(statement); err != nil {
				t.Fatal(err)
			}
			h.clock.Move(askEvery)
		}
		for outage := range 2 {
			change(`ALTER TABLE letters RENAME TO hidden`)
			for range 3 {
				figures := h.figures(t)
				for _, name := range []string{"outbox_letters", "outbox_oldest_seconds"} {
					if value, there := figures[name]; there {
						t.Errorf("%s is %v, want nothing", name, value)
					}
				}
				if figures["signins"] != 1 || figures["gate_slots"] == 0 {
					t.Errorf("what can be had is missing: %v", figures)
				}
				h.clock.Move(askEvery)
			}
			complaints(2 * (outage + 1)) // one for each figure
			change(`ALTER TABLE hidden RENAME TO letters`)
			h.becomes(t, map[string]float64{"outbox_letters": 0, "outbox_oldest_seconds": 0, "signins": 1})
		}
	}, measured)
}

func TestMetricsShowThePoolsOfTheDatabase(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, d, measured)
			label := "[" + map[string]string{"sqlite": "write", "postgres": "shared"}[d.Name] + "]"
			before := h.figures(t)
			limit := before["database_connections_max"+label]
			if limit < 1 {
				t.Fatalf("the figures have no pool %s: %v", label, before)
			}
			for range int(limit) {
				conn, err := h.data.Write.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
			}
			h.becomes(t, map[string]float64{"database_connections" + label: limit, "database_connections_in_use" + label: limit})
			waits, waited := "database_waits_total"+label, "database_wait_seconds_total"+label
			taken := h.figures(t)[waits]
			for deadline := time.Now().Add(time.Minute); h.figures(t)[waits] == taken; runtime.Gosched() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				if _, err := h.data.Write.Conn(ctx); err == nil {
					t.Fatal("there are more connections than there may be")
				}
				cancel()
				if time.Now().After(deadline) {
					t.Fatal("nobody waited")
				}
			}
			if got := h.figures(t)[waited]; got <= before[waited] {
				t.Errorf("%s is %v, as before", waited, got)
			}
		})
	}
}
