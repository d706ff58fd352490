package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// measured gives a site metrics.
func measured(s *Site) {
	s.LostLines = func() int64 { return 7 }
	s.BackupAge = func() (time.Duration, bool) { return time.Hour, true }
	s.Version = "v1.2.3"
	s.Metrics = NewMetrics(s)
}

// scrape is what Prometheus gets.
func (h *house) scrape(t testing.TB) string {
	t.Helper()
	answer := httptest.NewRecorder()
	h.Metrics.ServeHTTP(answer, httptest.NewRequest(get, metricsPath, nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("/metrics answered %d\n%s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// figures are what a scrape says, by name and the values of the labels in
// brackets; of histograms it is how much they have counted.
func (h *house) figures(t testing.TB) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(h.scrape(t)))
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{}
	for name, family := range families {
		name = strings.TrimPrefix(name, "gatehouse_")
		for _, m := range family.GetMetric() {
			var labels []string
			for _, label := range m.GetLabel() {
				labels = append(labels, label.GetValue())
			}
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
			if histogram := m.GetHistogram(); histogram != nil {
				value = float64(histogram.GetSampleCount())
			}
			figures[strings.TrimSuffix(name+"["+strings.Join(labels, " ")+"]", "[]")] = value
		}
	}
	return figures
}

// becomes waits for figures: a request is counted when its answer has been sent.
func (h *house) becomes(t testing.TB, want map[string]float64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; runtime.Gosched() {
		figures, right := h.figures(t), true
		for name, value := range want {
			got, known := figures[name]
			right = right && known && got == value
		}
		if right {
			return
		}
		if time.Now().After(deadline) {
			for name := range want {
				t.Errorf("%s is %v, want %v", name, figures[name], want[name])
			}
			t.FailNow()
		}
	}
}

// counted are the counters of requests, as "GET / 200", and of events.
func (h *house) counted(t testing.TB) map[string]float64 {
	t.Helper()
	counted := map[string]float64{}
	for name, value := range h.figures(t) {
		if labels, request := strings.CutPrefix(name, "http_request_duration_seconds["); request {
			counted[strings.TrimSuffix(labels, "]")] = value
		}
		if labels, event := strings.CutPrefix(name, "events_total["); event {
			counted[strings.TrimSuffix(labels, "]")] = value
		}
	}
	return counted
}

// counts requires that what is done counts so, and nothing else.
func (h *house) counts(t testing.TB, want map[string]float64, do func()) {
	t.Helper()
	before := h.counted(t)
	do()
	for deadline := time.Now().Add(time.Minute); ; runtime.Gosched() {
		got := h.counted(t)
		maps.DeleteFunc(got, func(name string, value float64) bool { return value == before[name] })
		for name := range got {
			got[name] -= before[name]
		}
		if maps.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("counted %v, want %v", got, want)
		}
	}
}

func TestMetricsCountRequestsByRouteMethodAndStatus(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured, withMail, func(s *Site) {
		s.Icon = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("before anything was sent") })
		s.Robots = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			http.NewResponseController(w).Flush() //nolint:errcheck // what follows shows
			panic("in the middle of the answer")
		})
	})
	v := h.visitor(t)
	crossSite := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	for name, c := range map[string]struct {
		method, path string
		header       http.Header
		want         map[string]float64
	}{
		"a page":                       {get, "/login?next=%2Faccount", nil, map[string]float64{"GET /login 200": 1}},
		"its head":                     {http.MethodHead, "/", nil, map[string]float64{"HEAD / 200": 1}},
		"a page for members":           {get, "/account", nil, map[string]float64{"GET /account 303": 1}},
		"an address that nobody knows": {get, "/nowhere/at/all", nil, map[string]float64{"GET none 404": 1}},
		"a link":                       {get, "/password/reset/" + strings.Repeat("T", 43), nil, map[string]float64{"GET /password/reset/{token} 303": 1}},
		"a field that is none":         {post, "/login/check/nonsense", nil, map[string]float64{"POST /login/check/{field} 404": 1}},
		"a method that a page lacks":   {post, "/", nil, map[string]float64{"POST none 405": 1}},
		"a method that no page has":    {http.MethodDelete, "/", nil, map[string]float64{"other none 405": 1}},
		"a method that was invented":   {"BREW", "/", nil, map[string]float64{"other none 405": 1}},
		"another host":                 {get, "/", http.Header{"Host": {"evil.example"}}, map[string]float64{"GET none 421": 1}},
		"a form of another site":       {post, "/login", crossSite, map[string]float64{"POST none 403": 1, store.EventCrossSite: 1}},
		"an asset that is none":        {get, "/assets/nothing.css", nil, map[string]float64{"GET /assets/{file} 404": 1}},
		"a probe":                      {get, "/healthz", nil, map[string]float64{"GET /healthz 200": 1}},
		"a probe of the database":      {get, "/readyz", nil, map[string]float64{"GET /readyz 200": 1}},
		"a panic":                      {get, "/favicon.ico", nil, map[string]float64{"GET /favicon.ico 500": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Sec-Fetch-Site": {"same-origin"}}
			maps.Copy(header, c.header)
			h.counts(t, c.want, func() { v.send(c.method, c.path, nil, header) })
		})
	}
	h.counts(t, map[string]float64{"GET /robots.txt 500": 1}, func() {
		request, err := http.NewRequest(get, h.server.URL+"/robots.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host, request.Close = h.BaseURL.Host, true // a client asks again where an old connection breaks
		if answer, err := v.client.Do(request); err == nil {
			answer.Body.Close()
		}
	})
	if !strings.Contains(h.log.String(), `"path":"/robots.txt"`) {
		t.Error("the answer that broke off has no line in the log")
	}
}

func TestMetricsMeasureHowLongAnswersTake(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured)
	for _, took := range []time.Duration{time.Millisecond, 30 * time.Millisecond, 3 * time.Second, time.Minute} {
		r := httptest.NewRequest(get, "/", nil)
		r = r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, chi.NewRouteContext()))
		h.Metrics.observe(r, middleware.NewWrapResponseWriter(httptest.NewRecorder(), 1), true, took)
	}
	text := h.scrape(t)
	for le, want := range map[string]int{"0.001": 1, "0.025": 1, "0.05": 2, "2.5": 2, "5": 3, "10": 3, "+Inf": 4} {
		line := fmt.Sprintf("gatehouse_http_request_duration_seconds_bucket{method=\"GET\",route=\"none\",status=\"200\",le=%q} %d\n", le, want)
		if !strings.Contains(text, line) {
			t.Errorf("there is no line %s in\n%s", line, text)
		}
	}
}

func TestMetricsCountSignInsByOutcome(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		done := map[bool]string{false: "303", true: "204"}[v.htmx]
		v.from("192.0.2.1")
		h.counts(t, map[string]float64{
			"POST /register " + done: 1, store.EventRegistered: 1, store.EventSignedIn: 1,
		}, func() { v.post("/register", person("ada")) })
		h.counts(t, map[string]float64{"POST /logout " + done: 1, store.EventSignedOut: 1}, func() { v.post("/logout", url.Values{}) })
		h.counts(t, map[string]float64{"POST /login " + done: 1, store.EventSignedIn: 1}, func() {
			v.another().from("192.0.2.2").tries("ada", storetest.Password)
		})
		for range free - 1 {
			h.counts(t, map[string]float64{"POST /login 422": 1, store.EventFailed: 1}, func() {
				v.another().from("192.0.2.3").tries("ada", "wrong")
			})
		}
		h.counts(t, map[string]float64{"POST /login 422": 1, store.EventFailed: 1, store.EventThrottled: 1}, func() {
			v.another().from("192.0.2.3").tries("ada", "wrong")
		})
		h.counts(t, map[string]float64{"POST /login 429": 1, store.EventLimited: 1}, func() {
			v.another().from("192.0.2.3").tries("ada", storetest.Password)
		})
		h.counts(t, map[string]float64{"POST /login 422": 1, store.EventFailed: 1}, func() {
			v.another().from("192.0.2.4").tries("nobody", "wrong")
		})
	}, measured, limited)
}

// An alert on the rate of events needs a count to begin from.
func TestMetricsBeginEveryEventAtNought(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured)
	counted := h.counted(t)
	for _, name := range store.EventNames {
		if value, known := counted[name]; !known || value != 0 {
			t.Errorf("%s is %v, %v; want 0", name, value, known)
		}
	}
}

// Each value of a label is a series that Prometheus keeps: clients must not be
// able to make any.
func TestMetricsGrowWithNothingThatClientsMakeUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured, limited)
	invent := func(n int) {
		made := fmt.Sprintf("invented-%d", n)
		for _, c := range []struct {
			method, path string
			header       http.Header
		}{
			{"BREW" + strings.Repeat("X", n), "/", nil},
			{get, "/" + made, nil},
			{get, "/?q=" + made, nil},
			{get, "/email/verify/" + made, nil},
			{get, "/assets/" + made, nil},
			{post, "/register/check/" + made, nil},
			{post, "/" + made, nil},
			{get, "/", http.Header{"Host": {made + ".example"}}},
			{get, "/", http.Header{"User-Agent": {made}, "X-Request-Id": {made}, "Referer": {made}, "X-Http-Method-Override": {made}}},
		} {
			header := http.Header{"Sec-Fetch-Site": {"same-origin"}}
			maps.Copy(header, c.header)
			h.visitor(t).from(fmt.Sprint("192.0.2.", n)).send(c.method, c.path, nil, header)
		}
		h.visitor(t).from(fmt.Sprint("192.0.2.", n)).tries(made, made)
	}
	requests := func() (n float64) {
		for name, value := range h.counted(t) {
			if strings.Contains(name, " ") {
				n += value
			}
		}
		return n
	}
	invent(0)
	for requests() < 10 {
		runtime.Gosched()
	}
	want := len(h.figures(t))
	for n := range 20 {
		invent(n + 1)
	}
	for requests() < 10*21 {
		runtime.Gosched()
	}
	if got := len(h.figures(t)); got != want {
		t.Errorf("%d series, want %d as before", got, want)
	}
}

func TestMetricsTellNothingOfAnybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured, withMail, func(s *Site) { s.TrustedProxies = []string{"127.0.0.0/8"} })
	v := h.visitor(t).from("192.0.2.77")
	v.header.Set("User-Agent", "Agent-of-Lovelace")
	requests := []*page{v.registers()}
	secrets := []string{
		"Lovelace", `"ada"`, `"Ada"`, "example.com", storetest.Password, v.session(), v.device(), "192.0.2.77", "127.0.0.1", h.name,
	}
	for _, link := range h.links(t) {
		requests = append(requests, v.another().get(link))
		secrets = append(secrets, token(link))
	}
	requests = append(requests,
		v.get("/account?next=secret-in-a-query"),
		v.get("/nowhere/secret-in-a-path"),
		v.another().tries("typed-by-mistake", "wrong-secret"),
		v.send("SECRET-METHOD", "/", nil, http.Header{}),
		v.post("/account/profile", url.Values{"username": {"countess"}, "name": {"Countess"}}),
	)
	for _, answer := range requests {
		secrets = append(secrets, answer.header.Get("X-Request-Id"))
	}
	h.becomes(t, map[string]float64{"http_request_duration_seconds[POST /account/profile 303]": 1})
	text := strings.ToLower(h.scrape(t))
	for _, secret := range append(secrets, "secret", "mistake", "countess") {
		if secret == "" || strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("the metrics have %q", secret)
		}
	}
}

func TestMetricsAreAllThatTheirAddressAnswers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{get, "/metrics", 200},
		{get, "/metrics?name[]=x", 200},
		{http.MethodHead, "/metrics", 404},
		{post, "/metrics", 404},
		{http.MethodDelete, "/metrics", 404},
		{get, "/metrics/", 404},
		{get, "/Metrics", 404},
		{get, "/", 404},
		{get, "/login", 404},
		{get, "/healthz", 404},
		{get, "/debug/pprof/", 404},
	} {
		answer := httptest.NewRecorder()
		h.Metrics.ServeHTTP(answer, httptest.NewRequest(c.method, c.path, nil))
		if answer.Code != c.want {
			t.Errorf("%s %s answered %d, want %d", c.method, c.path, answer.Code, c.want)
		}
	}
	h.visitor(t).get("/metrics").is(404)
}

func TestMetricsSayWhichProgramRuns(t *testing.T) {
	t.Parallel()
	figures := newHouse(t, measured).figures(t)
	if figures["build_info["+runtime.Version()+" v1.2.3]"] != 1 {
		t.Error("there is no version")
	}
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "process_start_time_seconds", "process_open_fds", "process_resident_memory_bytes"} {
		if figures[name] <= 0 {
			t.Errorf("%s is %v", name, figures[name])
		}
	}
}

// withJob gives a site a product with a job.
func withJob(s *Site) {
	s.Product.Jobs = []Job{{Name: "weekly", Every: time.Hour, Do: func(context.Context) error { return nil }}}
	s.Product.Events = map[string]string{"book_added": "Book added"}
}

func TestMetricsSayHowTheJobsOfAProductWent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured, withJob)
	if _, done := h.figures(t)["job_done_timestamp_seconds[weekly]"]; done {
		t.Error("a job that never ran is done")
	}
	ctx := t.Context()
	if err := errors.Join(h.Store.NoteJob(ctx, "weekly", time.Hour), h.Store.NoteJob(ctx, "former", time.Hour), h.Store.JobDone(ctx, "former"),
		h.Store.JobDone(ctx, "weekly"), h.Store.JobFailed(ctx, "weekly", h.clock.Now().Add(time.Hour), time.Minute)); err != nil {
		t.Fatal(err)
	}
	figures := h.figures(t)
	if got, want := figures["job_done_timestamp_seconds[weekly]"], float64(h.clock.Now().UnixMilli())/1000; got != want {
		t.Errorf("it was done at %v, want %v", got, want)
	}
	if got := figures["job_failures_total[weekly]"]; got != 1 {
		t.Errorf("it failed %v times", got)
	}
	if _, shown := figures["job_done_timestamp_seconds[former]"]; shown {
		t.Error("a job that the product no longer has is shown")
	}
	if _, shown := figures["events_total[book_added]"]; !shown {
		t.Error("the events of the product are not counted")
	}
}

// What the README tells people to watch must be there, and it must tell of all
// there is.
func TestREADMENamesTheMetrics(t *testing.T) {
	t.Parallel()
	h := newHouse(t, measured, withJob)
	if err := errors.Join(h.Store.NoteJob(t.Context(), "weekly", time.Hour), h.Store.JobDone(t.Context(), "weekly")); err != nil {
		t.Fatal(err)
	}
	h.counts(t, map[string]float64{"GET / 200": 1}, func() { h.visitor(t).get("/") })
	text, err := os.ReadFile("../cmd/gatehouse/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Watching it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	real := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (gatehouse_\S+)`).FindAllStringSubmatch(h.scrape(t), -1) {
		real[line[1]] = true
		if !strings.Contains(section, "| `"+line[1]) {
			t.Errorf("the table has no %s", line[1])
		}
	}
	for _, name := range regexp.MustCompile(`gatehouse_[a-z_]+`).FindAllString(section, -1) {
		if !real[regexp.MustCompile(`_(bucket|count)$`).ReplaceAllString(name, "")] {
			t.Errorf("there is no %s", name)
		}
	}
	for _, names := range regexp.MustCompile(`event=~?"([^"]+)"`).FindAllStringSubmatch(section, -1) {
		for _, name := range strings.Split(names[1], "|") {
			if !slices.Contains(store.EventNames, name) {
				t.Errorf("there is no event %s", name)
			}
		}
	}
	if n := strings.Count(section, "```promql"); n != 7 {
		t.Errorf("%d figures are worth an alert, want 7", n)
	}
}
