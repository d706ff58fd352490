package mail

import (
	"sync"
	"time"

	"gatehouse/store"
)

// Letters of each priority have places of their own. A delivery that takes longer than
// slowAfter steps aside, so that domains which keep the mail server waiting keep
// nobody else waiting; but only so many do, because the server itself may be slow. To one
// domain only a few letters are on their way at a time, slow or not, so that one that
// hangs takes neither all places nor all the room aside.
const (
	slowAfter = 5 * time.Second
	asideMax  = 16
)

// places are how many letters of a priority are on their way at a time.
var places = map[store.Priority]int{store.Awaited: 4, store.Notice: 3, store.Bulk: 3}

// lane is where letters of one priority are on their way.
type lane struct {
	// places are those taken, aside the slow deliveries that left theirs.
	places, aside chan struct{}
	// left announces, at most once, that there is more room.
	left chan struct{}
	slow time.Duration

	mu sync.Mutex
	// domains counts the letters on their way to each, in a place or aside.
	domains map[string]int
}

func newLane(p store.Priority, left chan struct{}, slow time.Duration) *lane {
	return &lane{
		places: make(chan struct{}, places[p]), aside: make(chan struct{}, asideMax), left: left, slow: slow, domains: map[string]int{},
	}
}

// free is how many places are not taken. Only who takes them may ask.
func (n *lane) free() int { return cap(n.places) - len(n.places) }

// room is how many more letters may go to a domain. It never has all places, or
// everybody else would wait for it until its letters are known to be slow.
func (n *lane) room(domain string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return cap(n.places) - 1 - n.domains[domain]
}

// enter takes a place for a letter to a domain.
func (n *lane) enter(domain string) {
	n.places <- struct{}{}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.domains[domain]++
}

// carry makes the delivery of a letter that has entered.
func (n *lane) carry(domain string, deliver func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		deliver()
	}()
	slow := time.NewTimer(n.slow)
	defer slow.Stop()
	defer n.tell()
	defer n.forget(domain)
	select {
	case <-done:
		<-n.places
		return
	case <-slow.C:
	}
	select {
	case <-done:
		<-n.places
	case n.aside <- struct{}{}:
		<-n.places
		n.tell()
		<-done
		<-n.aside
	}
}

// forget counts a letter no more, and no domain that gets none.
func (n *lane) forget(domain string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.domains[domain]--; n.domains[domain] == 0 {
		delete(n.domains, domain)
	}
}

func (n *lane) tell() {
	select {
	case n.left <- struct{}{}:
	default:
	}
}
