package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// wholeServer serves h on connections as the program does and returns its address.
func wholeServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(h, slog.New(slog.DiscardHandler))
	go server.Serve(strictListener{listener.(*net.TCPListener)}) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	return "http://" + listener.Addr().String()
}

// Whatever the length of an answer, and so wherever its buffers end, all of it
// arrives, and the connection goes on.
func TestAnswersOfEveryLengthArriveWhole(t *testing.T) {
	t.Parallel()
	url := wholeServer(t, func(w http.ResponseWriter, r *http.Request) {
		var length int
		fmt.Sscan(r.URL.Query().Get("length"), &length)
		if r.URL.Query().Has("stated") {
			w.Header().Set("Content-Length", fmt.Sprint(length))
		}
		body := bytes.Repeat([]byte("x"), length)
		if r.URL.Query().Has("copied") {
			io.Copy(w, io.LimitReader(bytes.NewReader(body), int64(length))) //nolint:errcheck // seen by the client
			return
		}
		for len(body) > 0 {
			n := min(len(body), max(1, length/3))
			w.Write(body[:n])
			body = body[n:]
		}
	})
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	t.Cleanup(client.CloseIdleConnections)
	lengths := []int{0, 1, 2047, 2048, 2049, 5000, 8191, 8192, 12000, 100_000}
	for length := 4096 - 400; length <= 4096+2; length++ { // the head takes less than 400 bytes
		lengths = append(lengths, length)
	}
	for _, length := range lengths {
		for _, how := range []string{"stated", "copied", "stated&copied", ""} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r, _ := http.NewRequest(method, fmt.Sprintf("%s/?length=%d&%s", url, length, how), nil)
				answer, err := client.Do(r)
				if err != nil {
					t.Fatalf("%s of %d bytes, %s: %v", method, length, how, err)
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				want := length
				if method == http.MethodHead {
					want = 0
				}
				if err != nil || len(body) != want || strings.Trim(string(body), "x") != "" {
					t.Fatalf("%s of %d bytes, %s: %d bytes arrived, %v", method, length, how, len(body), err)
				}
			}
		}
	}
}

// An answer that breaks off ends, and is not taken for a whole one.
func TestAnswersThatBreakOffEnd(t *testing.T) {
	t.Parallel()
	url := wholeServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "6000")
		w.Write(bytes.Repeat([]byte("x"), 5000))
		panic(http.ErrAbortHandler)
	})
	answer, err := http.Get(url)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("%d bytes arrived without an error", len(body))
	}
}
