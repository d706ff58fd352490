package housetest

import (
	"bytes"
	"sync"
	"testing"
)

// journal keeps what a site logs, for a test that fails. A site may log something when its
// test has ended.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func newJournal(t testing.TB) *journal {
	j := &journal{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("the site logged:\n" + j.String())
		}
	})
	return j
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
