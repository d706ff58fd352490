package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"gatehouse/store/storetest"
)

// logLine is a line of the log, whatever its format.
type logLine map[string]string

// logOf reads the whole log and fails on what is no line of it.
func (p *process) logOf(format string) []logLine {
	p.t.Helper()
	var lines []logLine
	for text := range strings.Lines(p.log.String()) {
		text = strings.TrimSuffix(text, "\n")
		line, err := parseText(text)
		if format == "json" {
			line, err = parseJSON(text)
		}
		if err != nil {
			p.t.Fatalf("the log line %q: %v", text, err)
		}
		for _, key := range []string{"time", "level", "msg"} {
			if line[key] == "" {
				p.t.Errorf("the log line %q has no %s", text, key)
			}
		}
		if at, err := time.Parse(time.RFC3339Nano, line["time"]); err != nil || at.Location() != time.UTC {
			p.t.Errorf("the log line %q has the time %q, want UTC", text, line["time"])
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			p.t.Errorf("the log line %q has an unescaped character at %d", text, i)
		}
		lines = append(lines, line)
	}
	return lines
}

func parseJSON(text string) (logLine, error) {
	line := make(logLine)
	var values map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&values); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	for key, value := range values {
		line[key] = fmt.Sprint(value)
	}
	return line, nil
}

// The names of settings have hyphens.
var textPair = regexp.MustCompile(`^([a-z-]+)=("(?:[^"\\]|\\.)*"|[^ "]*)(?: |$)`)

func parseText(text string) (logLine, error) {
	line := make(logLine)
	for text != "" {
		pair := textPair.FindStringSubmatch(text)
		if pair == nil {
			return nil, fmt.Errorf("cannot read %q", text)
		}
		value := pair[2]
		if strings.HasPrefix(value, `"`) {
			var err error
			if value, err = strconv.Unquote(value); err != nil {
				return nil, err
			}
		}
		if _, twice := line[pair[1]]; twice {
			return nil, fmt.Errorf("%s stands twice", pair[1])
		}
		line[pair[1]] = value
		text = text[len(pair[0]):]
	}
	return line, nil
}

// requests are the lines of the access log, once there are as many as wanted.
func (p *process) requests(format string, want int) []logLine {
	p.t.Helper()
	var lines []logLine
	eventually(p.t, fmt.Sprintf("%d request lines", want), func() bool {
		lines = nil
		for _, line := range p.logOf(format) {
			if line["msg"] == "request" {
				lines = append(lines, line)
			}
		}
		return len(lines) >= want
	})
	if len(lines) != want {
		p.t.Errorf("%d request lines, want %d", len(lines), want)
	}
	return lines
}

func TestLOG17NoSecretReachesTheLog(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t), "--log-format", format)
			ada := storetest.Ada()
			c := p.caller()
			secrets := []string{ada.Email, strings.ToLower(ada.Email), "example.com", ada.Password, "analytical", "sid-", "query-secret", "wrong-secret", "typed-by-mistake"}
			keep := func(r reply) {
				for _, cookie := range r.header.Values("Set-Cookie") {
					_, value, _ := strings.Cut(cookie, "=")
					value, _, _ = strings.Cut(value, ";")
					if value != "" {
						secrets = append(secrets, value)
					}
				}
			}
			credentials := url.Values{"username": {"ada"}, "email": {ada.Email}, "password": {"query-secret"}, "token": {"query-secret"}}.Encode()
			steps := []func() reply{
				func() reply { return c.get("/register") },
				func() reply { return c.post("/register/check/password", url.Values{"password": {ada.Password}}) },
				func() reply { return c.post("/register/check/email", url.Values{"email": {ada.Email}}) },
				func() reply { return c.register(ada).is(t, 303) },
				func() reply { return c.get("/").is(t, 200) },
				func() reply { return c.get("/account").is(t, 200) },
				func() reply { return c.post("/logout", nil).is(t, 303) },
				func() reply { return c.get("/login?"+credentials).is(t, 200) },
				func() reply {
					return c.post("/login?username=ada&password="+url.QueryEscape(ada.Password), nil).is(t, 422)
				},
				func() reply {
					return c.post("/login", url.Values{"username": {"ada"}, "password": {"wrong-secret"}}).is(t, 422)
				},
				func() reply {
					return c.post("/login", url.Values{"username": {"typed-by-mistake"}, "password": {"wrong-secret"}}).is(t, 422)
				},
				func() reply {
					return c.post("/login", url.Values{"username": {ada.Email}, "password": {ada.Password}}).is(t, 303)
				},
				func() reply { return c.get("/nowhere?"+credentials).is(t, 404) },
				func() reply { return c.post("/logout?"+credentials, nil).is(t, 303) },
			}
			for _, step := range steps {
				keep(step())
			}
			lines := p.requests(format, len(steps))
			// LOG-17: credentials in the query do not sign anybody in.
			if got := lines[8]; got["path"] != "/login" || got["status"] != "422" || got["user"] != "" {
				t.Errorf("credentials in the query: %v", got)
			}
			ids := make(map[string]bool)
			for _, line := range lines {
				ids[line["request"]] = true
				for _, key := range []string{"method", "path", "status", "bytes", "took", "address"} {
					if line[key] == "" {
						t.Errorf("the line %v has no %s", line, key)
					}
				}
			}
			if len(ids) != len(steps) {
				t.Errorf("%d request ids for %d requests", len(ids), len(steps))
			}
			log := p.log.String()
			for _, secret := range secrets {
				for _, written := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
					if strings.Contains(log, written) {
						t.Errorf("the log has %q", written)
					}
				}
			}
		})
	}
}

func TestINJ04NothingAClientSendsBreaksTheLog(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t), "--log-format", format)
			paths := []string{
				"/%0d%0atime=2026-01-01T00:00:00Z%20level=ERROR%20msg=forged",
				"/%1b%5b31mred%1b%5b0m", "/%07%08%00%7f", "/%c2%9b31m", "/%e2%80%ae/gnp.exe", "/%e2%81%a6%e2%81%a9%e2%80%8f",
				"/%22%7d%0a%7b%22level%22:%22ERROR%22,%22msg%22:%22forged%22%7d", "/%22%20msg=forged%20x=%22", "/%ff%fe", "/%e2%80%a8", "/%5c%22", "/a%20b=c",
			}
			for _, path := range paths {
				conn := p.dial()
				send(t, conn, "GET "+path+" HTTP/1.1\r\nHost: "+p.address+"\r\nConnection: close\r\n"+
					"User-Agent: agent \"} \u202e\u009b {\"level\":\"ERROR\",\"msg\":\"forged\"}\r\nReferer: http://\u202eevil/\u009b\"\r\n"+
					"X-Request-Id: forged\r\nX-Forwarded-For: 192.0.2.1, \"\u202e\r\n\r\n")
				if statuses := answers(closed(t, conn)); len(statuses) != 1 || statuses[0] != "404" {
					t.Errorf("%s is answered %v, want 404", path, statuses)
				}
			}
			// These never reach a handler.
			for _, field := range []string{"User-Agent: \x1b[31mred", "Referer: \x07", "Cookie: sid=\x00"} {
				conn := p.dial()
				send(t, conn, "GET / HTTP/1.1\r\nHost: "+p.address+"\r\n"+field+"\r\n\r\n")
				if statuses := answers(closed(t, conn)); len(statuses) != 1 || statuses[0] != "400" {
					t.Errorf("%q is answered %v, want 400", field, statuses)
				}
			}
			for i, line := range p.requests(format, len(paths)) {
				want, err := url.PathUnescape(paths[i])
				if err != nil {
					t.Fatal(err)
				}
				if got := line["path"]; shown(got) != shown(want) {
					t.Errorf("the path %s is logged as %q, want %q", paths[i], got, want)
				}
				if line["msg"] != "request" || line["level"] != "INFO" || line["request"] == "forged" || line["address"] != "127.0.0.1" {
					t.Errorf("a line was forged: %v", line)
				}
			}
		})
	}
}

// shown is what remains of a text without what the formats write differently.
func shown(text string) string {
	text = regexp.MustCompile(`\\u[0-9a-f]{4}`).ReplaceAllString(text, "")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
}
