package main

import (
	"bufio"
	"io"
	"net/http"
	"regexp"
	"testing"

	"gatehouse/store/storetest"
)

// What a proxy in front could read otherwise must never leave bytes behind that
// are taken for another request.
func TestSRV03NothingIsSmuggledBehindARequest(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	host := "Host: " + p.address + "\r\n"
	form := "Content-Type: application/x-www-form-urlencoded\r\n"
	smuggled := "GET /smuggled HTTP/1.1\r\n" + host + "\r\n"
	for name, request := range map[string]string{
		"CL and TE":                     "POST /login HTTP/1.1\r\n" + host + form + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"TE and CL":                     "POST /login HTTP/1.1\r\n" + host + form + "Transfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n0\r\n\r\n",
		"CL and TE on GET":              "GET / HTTP/1.1\r\n" + host + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"TE in HTTP/1.0":                "POST /login HTTP/1.0\r\n" + host + form + "Connection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"unknown TE":                    "POST /login HTTP/1.1\r\n" + host + form + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two TE":                        "POST /login HTTP/1.1\r\n" + host + form + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"TE with a space":               "POST /login HTTP/1.1\r\n" + host + form + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"two CL that differ":            "POST /login HTTP/1.1\r\n" + host + form + "Content-Length: 3\r\nContent-Length: 4\r\n\r\na=b",
		"a list in CL":                  "POST /login HTTP/1.1\r\n" + host + form + "Content-Length: 3, 3\r\n\r\na=b",
		"a sign in CL":                  "POST /login HTTP/1.1\r\n" + host + form + "Content-Length: +3\r\n\r\na=b",
		"a folded header":               "GET / HTTP/1.1\r\n" + host + "X-Folded: a\r\n b: c\r\n\r\n",
		"a folded header, with a tab":   "GET / HTTP/1.1\r\n" + host + "X-Folded: a\r\n\tb: c\r\n\r\n",
		"a folded CL":                   "POST /login HTTP/1.1\r\n" + host + form + "Content-Length:\r\n 3\r\n\r\na=b",
		"bare LF after the first line":  "GET / HTTP/1.1\n" + host + "\r\n",
		"bare LF in a header":           "GET / HTTP/1.1\r\nX-A: a\nX-B: b\r\n" + host + "\r\n",
		"bare LF at the end":            "GET / HTTP/1.1\r\n" + host + "\n",
		"bare CR in a header":           "GET / HTTP/1.1\r\nX-A: a\rX-B: b\r\n" + host + "\r\n",
		"bare LF in a chunk":            "POST /login HTTP/1.1\r\n" + host + form + "Transfer-Encoding: chunked\r\n\r\n3\na=b\r\n0\r\n\r\n",
		"two Host":                      "GET / HTTP/1.1\r\n" + host + host + "\r\n",
		"two Host that differ":          "GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n",
		"no Host":                       "GET / HTTP/1.1\r\n\r\n",
		"NUL in a header":               "GET / HTTP/1.1\r\n" + host + "X-A: a\x00b\r\n\r\n",
		"a space in front of the first": "GET / HTTP/1.1\r\n X-A: b\r\n" + host + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := p.dial()
			send(t, conn, request+smuggled)
			if statuses := answers(closed(t, conn)); len(statuses) > 1 {
				t.Errorf("answered %v, want one answer", statuses)
			}
		})
	}

	// Without any of that a connection stays open.
	conn := p.dial()
	reader := bufio.NewReader(conn)
	for _, path := range []string{"/", "/login"} {
		send(t, conn, "GET "+path+" HTTP/1.1\r\n"+host+"\r\n")
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != 200 || answer.Close {
			t.Errorf("%s: %s, closed %v, %v, want 200 on a connection that stays", path, answer.Status, answer.Close, err)
		}
	}
}

var doubtful = regexp.MustCompile(`(?:^|[^\r])\n|\n[ \t]`)

func FuzzDoubtfulBytesAreNoticedHoweverTheyCome(f *testing.F) {
	for _, s := range []string{"", "a\r\nb\r\n\r\n", "a\nb", "\n", "a\r\n b", "a\r\n\tb", "\r\n", " a", "a\r\r\n", "\n\n", "a\r\n\r\n c=d"} {
		f.Add([]byte(s), 1)
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, came []byte, size int) {
		size = max(1, size)
		var c strictConn
		got := false
		for rest := came; len(rest) > 0 && !got; {
			n := min(size, len(rest))
			got = c.doubts(rest[:n])
			rest = rest[n:]
		}
		if want := doubtful.Match(came); got != want {
			t.Errorf("%q in pieces of %d: doubts %v, want %v", came, size, got, want)
		}
	})
}
