package handlers

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"gatehouse/store"
)

// gauges are the values of a site that are read at each scrape.
type gauges struct {
	site    *Site
	queries []queryGauge
}

// queryGauge is a figure that takes a query.
type queryGauge struct {
	name, help string
	value      func(ctx context.Context) (float64, error)
}

func newGauges(s *Site) *gauges {
	return &gauges{site: s, queries: []queryGauge{
		{"signins", "Live sign-ins, at most a minute ago.", func(ctx context.Context) (float64, error) {
			n, _, err := s.countSignIns(ctx)
			return float64(n), err
		}},
		{"outbox_letters", "Letters that wait to be sent, at most a minute ago.", func(ctx context.Context) (float64, error) {
			n, _, err := s.countLetters(ctx)
			return float64(n), err
		}},
		{"outbox_oldest_seconds", "How long the oldest letter that waits has waited, at most a minute ago; 0 where none does.", func(ctx context.Context) (float64, error) {
			age, _, err := s.oldestLetter(ctx)
			return age.Seconds(), err
		}},
	}}
}

// Describe implements prometheus.Collector. It describes nothing, because a figure may be
// missing.
func (g *gauges) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	s := g.site
	send := func(kind prometheus.ValueType, name, help string, value float64, labels prometheus.Labels) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(metricName(name), help, nil, labels), kind, value)
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue

	for _, name := range slices.Concat(store.EventNames, s.Product.ForStore().Events) {
		send(counter, "events_total", "Security events, by their names in the log.",
			float64(s.Store.EventCount(name)), prometheus.Labels{"event": name})
	}

	if s.BackupAge != nil {
		if age, known := s.BackupAge(); known {
			send(gauge, "backup_age_seconds", "How old the newest backup is.", age.Seconds(), nil)
		}
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
	g.collectJobs(ctx, send)
	for _, q := range g.queries {
		if value, err := q.value(ctx); err == nil {
			send(gauge, q.name, q.help, value, nil)
		}
	}
}

// collectJobs sends how the jobs of the product went. They are few, so they are asked for at
// each scrape.
func (g *gauges) collectJobs(ctx context.Context, send func(kind prometheus.ValueType, name, help string, value float64, labels prometheus.Labels)) {
	if len(g.site.Product.Jobs) == 0 {
		return
	}
	for _, job := range g.site.Product.Jobs {
		send(prometheus.CounterValue, "job_failures_total", "How often a job failed in this copy of the program.",
			float64(g.site.Store.JobFailures(job.Name)), prometheus.Labels{"job": job.Name})
	}
	runs, err := g.site.Store.JobRuns(ctx)
	if err != nil {
		return // the log says already that the database has trouble
	}
	for _, run := range runs {
		if known := func(j Job) bool { return j.Name == run.Name }; slices.ContainsFunc(g.site.Product.Jobs, known) && !run.DoneAt.IsZero() {
			send(prometheus.GaugeValue, "job_done_timestamp_seconds", "When a job last ended without an error, in Unix time.",
				float64(run.DoneAt.UnixMilli())/1000, prometheus.Labels{"job": run.Name})
		}
	}
}
