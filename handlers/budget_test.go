package handlers

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestBudgets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rates, do, want string
	}{
		"off":                               {"off", "take take take", "0s 0s 0s"},
		"so many at once":                   {"3/1m", "take take take take", "0s 0s 0s 20s"},
		"a refusal costs nothing":           {"3/1m", "take take take take take 20s take take", "0s 0s 0s 20s 20s 0s 20s"},
		"it fills up evenly":                {"3/1m", "take take take 40s take take take", "0s 0s 0s 0s 0s 20s"},
		"not a moment early":                {"3/1m", "take take take 19999ms take 1ms take", "0s 0s 0s 1ms 0s"},
		"and never above its measure":       {"3/1m", "take 10h take take take take", "0s 0s 0s 0s 20s"},
		"what is given back is there again": {"3/1m", "take take take back take take", "0s 0s 0s 0s 20s"},
		"what was not taken is not":         {"3/1m", "back back take take take take", "0s 0s 0s 20s"},
		"nor what was full again":           {"3/1m", "take 10h back back take take take take", "0s 0s 0s 0s 20s"},
		"two rates, the first is short":     {"2/10s,3/1m", "take take take 5s take take", "0s 0s 5s 0s 15s"},
		"two rates, the second is short":    {"10/1s,2/1m", "take take take 1s take 29s take", "0s 0s 30s 29s 0s"},
		"a clock that was ahead":            {"3/1m", "take take take -1h take 20s take take", "0s 0s 0s 20s 0s 20s"},
		"a little ahead":                    {"3/1m", "take take -10s take 10s take", "0s 0s 10s 0s"},
		"and two rates":                     {"2/10s,3/1m", "take take -1h take 5s take 15s take 20s take", "0s 0s 20s 15s 0s 0s"},
		"two rates give back both":          {"2/10s,3/1m", "take take back take 10s take 10s take", "0s 0s 0s 0s 0s"},
	} {
		var rates store.Rates
		if err := rates.UnmarshalText([]byte(c.rates)); err != nil {
			t.Fatal(err)
		}
		clock := storetest.NewClock()
		b := newBudget(rates, clock.Now)
		var got []string
		for _, step := range strings.Fields(c.do) {
			switch step {
			case "take":
				got = append(got, b.take("192.0.2.1").String())
				b.take("192.0.2.2") // another source is of no concern
			case "back":
				b.giveBack("192.0.2.1")
			default:
				d, err := time.ParseDuration(step)
				if err != nil {
					t.Fatal(err)
				}
				clock.Move(d)
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s of %s waits %s, want %s", name, c.do, c.rates, got, c.want)
		}
	}
}

func TestSRV07SourcesAreForgottenBeforeTheyFillTheMemory(t *testing.T) {
	t.Parallel()
	const keys = 10 * sourcesMax
	b := newBudget(store.Rates{{Count: 1, Per: time.Hour}}, storetest.NewClock().Now)
	b.take("first")
	b.take("busy")
	for i := range keys {
		b.take(strconv.Itoa(i))
		if i%(sourcesMax/2) == 0 && b.take("busy") == 0 {
			t.Fatal("who goes on trying was forgotten")
		}
	}
	if got := b.full.Len(); got != sourcesMax {
		t.Errorf("%d sources are remembered, want %d", got, sourcesMax)
	}
	for key, remembered := range map[string]bool{
		"first": false, "0": false, strconv.Itoa(keys - sourcesMax - 1): false,
		"busy": true, strconv.Itoa(keys - 1): true, strconv.Itoa(keys - sourcesMax + 1): true,
	} {
		if _, known := b.full.Peek(key); known != remembered {
			t.Errorf("%s is remembered: %v, want %v", key, known, remembered)
		}
	}
}

func TestSRV07AccountsCannotBeFloodedOutOfTheirCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limited)
	storetest.Register(t, h.Store, storetest.Ada())
	for range free {
		h.visitor(t).from("192.0.2.1").tries("ada", "wrong").is(422)
	}
	for i := range 40 {
		from := store.Origin{Address: fmt.Sprint("198.51.100.", i)}
		if _, err := h.Store.Authenticate(t.Context(), fmt.Sprint("invented", i), "wrong", from); err == nil {
			t.Fatal("an invented account signed in")
		}
	}
	if n, err := storetest.Prune(t.Context(), h.Store, "failed tries", 1000); n != 0 || err != nil {
		t.Errorf("%d counters were pruned, %v", n, err)
	}
	h.visitor(t).from("192.0.2.2").tries("ada", storetest.Password).waits("1")
	h.clock.Move(25 * time.Hour)
	if n, err := storetest.Prune(t.Context(), h.Store, "failed tries", 1000); n != 41 || err != nil {
		t.Errorf("%d counters were pruned a day later, %v; want 41", n, err)
	}
}

// A password that is being compared while its account is taken away opens
