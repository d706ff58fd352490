package mail

import (
	"sync"
	"time"

	"gatehouse/store"
)

// Each priority has its own slots. A delivery that takes longer than slowAfter leaves its slot,
// so that slow domains do not delay others. The number of such deliveries is limited too,
// because the mail server itself may be slow. Only a few letters go to one domain at a time, so
// that a hanging domain takes neither all slots nor all the room for slow deliveries.
const (
	slowAfter = 5 * time.Second
	asideMax  = 16
)

// slots are how many letters of a priority are delivered at a time.
var slots = map[store.Priority]int{store.Awaited: 4, store.Notice: 3, store.Bulk: 3}

// lane delivers the letters of one priority.
type lane struct {
	// slots are the ones in use, aside the slow deliveries that have left their slot.
	slots, aside chan struct{}
	// freed signals, at most once, that there is more room.
	freed chan struct{}
	slow  time.Duration

	mu sync.Mutex
	// domains counts the letters on their way to each domain, in a slot or aside.
	domains map[string]int
}

func newLane(p store.Priority, freed chan struct{}, slow time.Duration) *lane {
	return &lane{
		slots: make(chan struct{}, slots[p]), aside: make(chan struct{}, asideMax), freed: freed, slow: slow, domains: map[string]int{},
	}
}

// free is how many slots are free. Only the goroutine that takes slots may call it.
func (n *lane) free() int { return cap(n.slots) - len(n.slots) }

// room is how many more letters may go to a domain. One domain never gets all slots. Otherwise
// everybody else would wait until its letters count as slow.
func (n *lane) room(domain string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return cap(n.slots) - 1 - n.domains[domain]
}

// enter takes a slot for a letter to a domain.
func (n *lane) enter(domain string) {
	n.slots <- struct{}{}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.domains[domain]++
}

// run makes the delivery of a letter that has a slot.
func (n *lane) run(domain string, deliver func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		deliver()
	}()
	slow := time.NewTimer(n.slow)
	defer slow.Stop()
	defer n.announce()
	defer n.forget(domain)
	select {
	case <-done:
		<-n.slots
		return
	case <-slow.C:
	}
	select {
	case <-done:
		<-n.slots
	case n.aside <- struct{}{}:
		<-n.slots
		n.announce()
		<-done
		<-n.aside
	}
}

// forget stops counting a letter, and removes a domain without letters.
func (n *lane) forget(domain string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.domains[domain]--; n.domains[domain] == 0 {
		delete(n.domains, domain)
	}
}

func (n *lane) announce() {
	select {
	case n.freed <- struct{}{}:
	default:
	}
}
