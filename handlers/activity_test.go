package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestActivityTellsWhatHappened(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.header.Set("User-Agent", storetest.From.Agent)
		v.from("192.0.2.1").registers()
		for i := range free + 1 {
			h.visitor(t).from(fmt.Sprint("192.0.2.", 20+i)).tries("ada", "wrong")
		}
		page := v.get("/account/activity").is(200)
		for _, want := range []string{"Account created", "Signed in", "Wrong password", "Too many wrong passwords", "192.0.2.20", "Firefox on Linux · 192.0.2.1", "180 days"} {
			page.says(want)
		}
		page.hides("192.0.2.25") // that try was not looked at
		if got := page.Find("li.row-item").Length(); got != 2+free+1 {
			t.Errorf("%d events, want %d", got, 2+free+1)
		}
	}, limited)
}

func TestActivityIsReadPageByPage(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		grace := v.another()
		grace.registersAs("grace")
		for range store.EventsPerPage {
			for username, address := range map[string]string{"ada": "192.0.2.1", "grace": "198.51.100.1"} {
				if _, err := h.data.Write.Exec(`INSERT INTO events (user_id, at, name, operator, address, agent, request, detail)
					VALUES ($1, $2, $3, false, $4, '', '', '')`, h.user(t, username).ID, h.clock.Now().UTC(), store.EventFailed, address); err != nil {
					t.Fatal(err)
				}
			}
		}
		newest := v.get("/account/activity").is(200).hides("198.51.100.1", "Account created")
		if got := newest.Find("li.row-item").Length(); got != store.EventsPerPage || newest.Find(`.pages a`).Length() != 1 {
			t.Errorf("%d events, want %d and a link to older ones", got, store.EventsPerPage)
		}
		older := v.get(newest.Find(`a[rel=next]`).AttrOr("href", "")).is(200).says("Account created").hides("198.51.100.1")
		if got := older.Find("li.row-item").Length(); got != 2 || older.Find(`a[rel=next]`).Length() != 0 || older.Find(`.pages a[href="/account/activity"]`).Length() != 1 {
			t.Errorf("%d events, want the last 2 and a way back:\n%s", got, older.body)
		}
		// ADM-02: before an event of somebody else stand the own ones.
		last := h.rows(t, "events")
		v.get(fmt.Sprint("/account/activity?before=", last+1)).is(200).hides("198.51.100.1", "grace")
		v.get("/account/activity?before=1").is(200).says("Nothing happened in that time.")
		v.get("/account/activity?before=9223372036854775807").is(200)
	})
}

func TestINJ08OddPlacesInTheActivityAreNotThere(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for _, before := range []string{
			"-1", "0", "9223372036854775808", "-9223372036854775808", "1e3", "0x10", "1_000", "1;--", "1 OR 1=1", "\x00", "\xff", "١", " 1", "%", "'", strings.Repeat("9", 5000), "ada",
		} {
			v.get("/account/activity?before=" + url.QueryEscape(before)).is(404).hides("Account created")
		}
		v.get("/account/activity?before=2&before=-1").is(200)
		v.get("/account/activity?before=").is(200)
		v.get("/account/activity?sort=password_hash&page=-1&per_page=1e9&q=%25").is(200)
	})
}

func TestINJ01ActivityIsText(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for _, agent := range []string{polyglot, `"><svg onload=alert(1)> Chrome/1`} {
			thief := v.another()
			thief.header.Set("User-Agent", agent)
			thief.tries("ada", "wrong").is(422)
			v.get("/account/activity").says("Wrong password").hides("<img", "<svg onload", "<script>alert")
		}
	})
}

// The overview says what happened last, and says of a site that kept nothing what there would be.
func TestTheOverviewSaysWhatHappenedLast(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		last := func(want string) {
			t.Helper()
			row := v.get("/account").is(200).Find(`.link-row:has([href="/account/activity"]) .link-row-now`)
			if got := strings.Join(strings.Fields(row.Text()), " "); got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
		}
		last("Signed in · just now")
		h.clock.Move(3 * time.Minute)
		last("Signed in · 3 minutes ago")
		v.another().tries("ada", "wrong")
		last("Wrong password · just now")
		if err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Record(t.Context(), h.user(t, "ada").ID, "book_added", "", store.Origin{})
		}); err != nil {
			t.Fatal(err)
		}
		last("Book added · just now")
		if _, err := h.data.Write.Exec(`DELETE FROM events`); err != nil {
			t.Fatal(err)
		}
		last("Sign-ins and changes")
	}, func(s *Site) { s.Product.Events = map[string]string{"book_added": "Book added"} })
}
