package mail

import (
	"time"

	"gatehouse/store"
)

// Letters of each priority have places of their own. A delivery that takes longer than
// slowAfter steps aside, so that one domain which keeps the mail server waiting keeps
// nobody else waiting; but only so many do, because the server itself may be slow.
const (
	slowAfter = 5 * time.Second
	asideMax  = 16
)

// places are how many letters of a priority are on their way at a time.
var places = map[store.Priority]int{store.Awaited: 4, store.Notice: 2, store.Bulk: 2}

// lane is where letters of one priority are on their way.
type lane struct {
	// places are those taken, aside the slow deliveries that left theirs.
	places, aside chan struct{}
	// left announces, at most once, that a place was left.
	left chan struct{}
	slow time.Duration
}

// free is how many places are not taken. Only who takes them may ask.
func (n *lane) free() int { return cap(n.places) - len(n.places) }

// carry makes a delivery that has a place.
func (n *lane) carry(deliver func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		deliver()
	}()
	slow := time.NewTimer(n.slow)
	defer slow.Stop()
	select {
	case <-done:
		n.leave()
		return
	case <-slow.C:
	}
	select {
	case <-done:
		n.leave()
	case n.aside <- struct{}{}:
		n.leave()
		<-done
		<-n.aside
	}
}

func (n *lane) leave() {
	<-n.places
	select {
	case n.left <- struct{}{}:
	default:
	}
}
