package handlers

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// polyglot is text that one language or another would act upon. computed is what
// a template would make of its sum: no part of a time.
const (
	computed = "8991"
	polyglot = `"'><img src=x onerror=alert(1)><script>alert(1)</script>{{999*9}}${999*9}<%= 999*9 %>%s%n`
)

func TestINJ01INJ03WhatPeopleTypeIsText(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		person := ada()
		person["name"] = polyglot
		v.header.Set("User-Agent", polyglot)
		registered := v.get("/register").submit(person)
		for _, answer := range []*page{
			registered.goesTo("/"), v.get("/account"), v.get("/nowhere"), v.post("/login", url.Values{}),
		} {
			answer.hides("<img", "<script>alert", "onerror=alert(1)>", computed)
		}
		v.get("/account").says(polyglot)
		if got := v.get("/nowhere").Find(`header a[href="/account"]`).Text(); got != polyglot {
			t.Errorf("the link to the account says %q", got)
		}
		other := h.visitor(t)
		other.htmx = v.htmx
		for _, path := range []string{"/register", "/login"} {
			answer := other.post(path, url.Values{"name": {polyglot}, "username": {polyglot}, "email": {polyglot}, "password": {polyglot}, "next": {polyglot}})
			answer.is(422).hides("<img", "<script>alert")
			if got := answer.value("username"); got != polyglot {
				t.Errorf("%s shows %q", path, got)
			}
		}
		other.get("/layouts/base").is(404)
		other.get("/../../etc/passwd").is(404)
	})
}

func TestINJ02ValuesStayInTheirAttributes(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		for _, value := range []string{`"`, `'`, `&quot;`, `" autofocus onfocus=alert(1) x="`, `</form>`, `{"a":1}`, "`"} {
			answer := v.post("/login", url.Values{"username": {value}, "password": {"x"}}).is(422)
			if got := answer.value("username"); got != value {
				t.Errorf("%q is shown as %q", value, got)
			}
			if answer.Find("input[onfocus]").Length() != 0 || answer.Find("form.form:not([data-passkey])").Length() != 1 {
				t.Errorf("%q broke out:\n%s", value, answer.body)
			}
		}
	})
}

func TestINJ04ALogLineIsOneLine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	nasty := "a\"b,c:{}\u202e"
	v.header.Set("User-Agent", nasty)
	v.header.Set("Referer", nasty)
	person := ada()
	person["name"] = `","level":"FATAL`
	v.get("/register").submit(person).goesTo("/")
	v.get("/" + url.PathEscape("x\r\ny\x1b[31m\",\"status\":1,\u202e")).is(404)
	v.get("/account?" + url.QueryEscape("\r\n=\x1b")).is(200)
	lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
	requests := 0
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("the line %q is no JSON: %v", line, err)
		}
		if fields["level"] == "FATAL" || fields["status"] == 1 {
			t.Errorf("the line %q was broken into", line)
		}
		if strings.ContainsAny(line, "\x1b\r") {
			t.Errorf("the line %q has control characters", line)
		}
		if fields["msg"] == "request" {
			requests++
		}
	}
	if requests != 5 {
		t.Errorf("%d request lines, want 5:\n%s", requests, h.log.String())
	}
}

func TestINJ08OddFieldsInThePath(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, field := range []string{"-1", "0", "9223372036854775808", "1e3", "1;--", "%00", strings.Repeat("x", 5000), "username%2f..", "password.css"} {
		v := h.visitor(t)
		v.htmx = true
		if got := v.post("/register/check/"+field, url.Values{"username": {storetest.Password}}).status; got != 404 && got != 400 {
			t.Errorf("%q: %d, want 404", field, got)
		}
	}
}
