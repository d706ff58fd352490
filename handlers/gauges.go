package handlers

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gatehouse/store"
)

const (
	// askEvery is how often a figure that takes a query is asked for at most.
	// Counting a million rows takes some tenths of a second on either database:
	// nothing for once a minute, too much for every scrape.
	askEvery = time.Minute
	// askWait is how long the database may take for all of them. Prometheus
	// waits ten seconds for a scrape.
	askWait = 5 * time.Second
)

// gauges are what a site knows at the moment of a scrape.
type gauges struct {
	site  *Site
	asked []*asked
}

func newGauges(s *Site) *gauges {
	count := func(n int64, err error) (float64, error) { return float64(n), err }
	return &gauges{site: s, asked: []*asked{
		{
			name: "signins", help: "Live sign-ins, at most a minute ago.",
			ask: func(ctx context.Context) (float64, error) { return count(s.Store.CountSignIns(ctx)) },
		},
		{
			name: "outbox_letters", help: "Letters that wait to be sent, at most a minute ago.",
			ask: func(ctx context.Context) (float64, error) { return count(s.Store.CountWaitingLetters(ctx)) },
		},
		{
			name: "outbox_oldest_seconds", help: "How long the oldest letter that waits has waited, at most a minute ago; 0 where none does.",
			ask: func(ctx context.Context) (float64, error) {
				age, err := s.Store.OldestLetter(ctx)
				return age.Seconds(), err
			},
		},
	}}
}

// Describe implements prometheus.Collector. It promises nothing, because a
// figure may be missing.
func (f *gauges) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (f *gauges) Collect(out chan<- prometheus.Metric) {
	s := f.site
	send := func(kind prometheus.ValueType, name, help string, value float64, labels prometheus.Labels) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(metricName(name), help, nil, labels), kind, value)
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue

	for _, name := range store.EventNames {
		send(counter, "events_total", "Security events, by their names in the log.",
			float64(s.Store.EventCount(name)), prometheus.Labels{"event": name})
	}

	if s.LostLines != nil {
		send(counter, "log_lines_lost_total", "Lines of the log that could not be written, or not in time.", float64(s.LostLines()), nil)
	}

	gate := s.Hasher.Gate.Use()
	send(gauge, "gate_slots", "Passwords that can be hashed at a time.", float64(gate.Slots), nil)
	send(gauge, "gate_in_use", "Passwords that are being hashed.", float64(gate.InUse), nil)
	send(gauge, "gate_waiting", "Passwords that wait for a slot.", float64(gate.Waiting), nil)
	send(counter, "gate_turned_away_total", "Passwords that got no slot in time.", float64(gate.TurnedAway), nil)

	for _, pool := range s.Store.Pools() {
		stats, label := pool.Stats(), prometheus.Labels{"pool": pool.Name}
		send(gauge, "database_connections", "Open connections to the database.", float64(stats.OpenConnections), label)
		send(gauge, "database_connections_in_use", "Connections to the database that work on something.", float64(stats.InUse), label)
		send(gauge, "database_connections_max", "Connections to the database that there may be.", float64(stats.MaxOpenConnections), label)
		send(counter, "database_waits_total", "How often something waited for a connection to the database.", float64(stats.WaitCount), label)
		send(counter, "database_wait_seconds_total", "How long something waited for a connection to the database, in all.", stats.WaitDuration.Seconds(), label)
	}

	ctx, cancel := context.WithTimeout(context.Background(), askWait)
	defer cancel()
	for _, a := range f.asked {
		if value, err := a.value(ctx, s); err == nil {
			send(gauge, a.name, a.help, value, nil)
		}
	}
}

// asked is a figure that takes a query.
type asked struct {
	name, help string
	ask        func(ctx context.Context) (float64, error)

	mu     sync.Mutex
	at     time.Time
	latest float64
	err    error
}

// value is the latest, asked for anew where that is too old. A query that fails
// is logged once, until it succeeds again.
func (a *asked) value(ctx context.Context, s *Site) (float64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := s.Clock()
	if age := now.Sub(a.at); age >= 0 && age < askEvery { // the clock may have been ahead
		return a.latest, a.err
	}
	failed := a.err != nil
	a.at = now
	if a.latest, a.err = a.ask(ctx); a.err != nil && !failed {
		s.Log.Error("a figure is missing from the metrics", "figure", metricName(a.name), "error", a.err.Error())
	}
	return a.latest, a.err
}
