package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// refusedForm is what Chromium itself says about every answer with status 422.
const refusedForm = "the server responded with a status of 422"

// report is what the browser says about the pages of one tab: on the console,
// as uncaught exceptions, as issues (a violated Content Security Policy is one)
// and as requests that failed.
type report struct {
	mu       sync.Mutex
	lines    []string
	expected []string
	sent     map[network.RequestID]string
	answered []string
}

func newReport() *report {
	return &report{expected: []string{refusedForm}, sent: make(map[network.RequestID]string)}
}

// hear takes an event of the tab.
func (r *report) hear(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if slices.Contains([]string{"error", "warning", "assert"}, string(e.Type)) {
			r.lines = append(r.lines, fmt.Sprintf("console.%s: %s", e.Type, spoken(e.Args)))
		}
	case *runtime.EventExceptionThrown:
		r.lines = append(r.lines, fmt.Sprintf("exception: %s %s", e.ExceptionDetails.Text, spoken([]*runtime.RemoteObject{e.ExceptionDetails.Exception})))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			r.lines = append(r.lines, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *audits.EventIssueAdded:
		details, _ := json.Marshal(e.Issue.Details)
		r.lines = append(r.lines, fmt.Sprintf("issue: %s: %s", e.Issue.Code, details))
	case *network.EventRequestWillBeSent:
		r.sent[e.RequestID] = e.Request.Method + " " + e.Request.URL
		if e.RedirectResponse != nil {
			r.answered = append(r.answered, fmt.Sprintf("%d %s", e.RedirectResponse.Status, e.RedirectResponse.URL))
		}
	case *network.EventResponseReceived:
		r.answered = append(r.answered, fmt.Sprintf("%d %s", e.Response.Status, r.sent[e.RequestID]))
	case *network.EventLoadingFailed:
		if !e.Canceled {
			r.lines = append(r.lines, fmt.Sprintf("request failed: %s: %s", r.sent[e.RequestID], e.ErrorText))
		}
	}
}

func spoken(args []*runtime.RemoteObject) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg.Description
		if words[i] == "" {
			words[i] = string(arg.Value)
		}
	}
	return strings.Join(words, " ")
}

// expect lets a test do on purpose what the browser complains of.
func (r *report) expect(parts ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expected = append(r.expected, parts...)
}

// heard says whether the browser said this, expected or not.
func (r *report) heard(part string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.lines, func(line string) bool { return strings.Contains(line, part) })
}

// complaints are the lines that nobody expected.
func (r *report) complaints() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.lines), func(line string) bool {
		return slices.ContainsFunc(r.expected, func(part string) bool { return strings.Contains(line, part) })
	})
}

// answers are the status, method and address of every answer so far.
func (r *report) answers() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.answered)
}

// HDR-04: a violated policy, an error on the console or a request that failed fails
// whichever test of a browser it happens in, when its tab closes. So they must be
// heard.
func TestBrowserCollectsComplaints(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	b.open("/")
	for _, c := range []struct{ name, script, want string }{
		{"an inline script", `const script = document.createElement("script"); script.append("1"); document.body.append(script)`, "ContentSecurityPolicyIssue"},
		{"an inline style", `document.body.setAttribute("style", "color: red")`, "style-src"},
		{"text made HTML past the policy", `try { document.body.innerHTML = "<b>" } catch {}`, "TrustedHTML"},
		{"a picture from elsewhere", `new Image().src = "https://example.com/a.png"`, "example.com"},
		{"a console error", `console.error("console says")`, "console.error: \"console says\""},
		{"a console warning", `console.warn("console warns")`, "console.warning: \"console warns\""},
		{"an exception", `setTimeout(() => { throw new Error("thrown here") })`, "thrown here"},
		{"a rejected promise", `Promise.reject(new Error("rejected here"))`, "rejected here"},
		{"a missing file", `fetch("/assets/missing.js")`, "status of 404"},
	} {
		b.script(c.script)
		b.waitFor("a complaint about "+c.name, func() bool {
			return b.report.heard(c.want)
		})
	}
	b.report.expect("") // all of them
}
