package storetest_test

import (
	"fmt"
	"slices"
	"testing"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of what happened to everybody.
func TestActivitiesContract(t *testing.T) {
	contract(t, []promise{
		{"AUD-03 lists what happened by person, address and kind, page by page", listsActivity},
		{"AUD-03 looks for two conditions through a bounded number of rows", looksThrough},
		{"names who did it and to whom, and of who is erased the number", namesBoth},
		{"AUD-03 finds an account by its username, address or number", findsWhom},
	})
}

// happen writes n events of an account, one a second.
func (h house) happen(t *testing.T, user store.User, name, address string, n int) {
	t.Helper()
	h.exec(t, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO events (user_id, at, name, operator, address, agent, request, detail)
		SELECT $1, $2, $3, false, $4, '', '', '' FROM n`, n), user.ID, h.moment(0), name, address)
}

// activity reads a whole list, and how many rows it was looked through for.
func (h house) activity(t *testing.T, sought store.Sought) (all []store.Happened, looked int) {
	t.Helper()
	for {
		page, err := h.Activity(h.ctx, sought)
		must(t, err)
		if len(page.Rows) > store.ListedPerPage || page.Looked == 0 && page.More && len(page.Rows) != store.ListedPerPage {
			t.Fatalf("a page of %+v has %d, and more is %v", sought, len(page.Rows), page.More)
		}
		all, looked = append(all, page.Rows...), looked+page.Looked
		if !page.More {
			return all, looked
		}
		if sought.Before > 0 && page.Next >= sought.Before {
			t.Fatalf("%+v goes on before %d", sought, page.Next)
		}
		sought.Before = page.Next
	}
}

func listsActivity(t *testing.T, h house) {
	ada, other := Register(t, h.Store, Ada()), Register(t, h.Store, grace())
	h.exec(t, `DELETE FROM events`)
	const far, near = "192.0.2.1", "2001:db8::7"
	for range 2 {
		h.happen(t, ada, store.EventFailed, far, store.ListedPerPage/2)
		h.happen(t, other, store.EventFailed, near, store.ListedPerPage/2)
		h.happen(t, ada, store.EventSignedIn, near, 3)
	}
	const half = store.ListedPerPage / 2
	for _, c := range []struct {
		sought store.Sought
		want   int
	}{
		{store.Sought{}, 4*half + 6},
		{store.Sought{Who: ada.ID}, 2*half + 6},
		{store.Sought{Who: other.ID}, 2 * half}, // a page that is full has nothing behind it
		{store.Sought{From: near}, 2*half + 6},
		{store.Sought{Kind: store.EventFailed}, 4 * half},
		{store.Sought{Who: ada.ID, Kind: store.EventFailed}, 2 * half},
		{store.Sought{Who: ada.ID, From: near}, 6},
		{store.Sought{From: near, Kind: store.EventSignedIn}, 6},
		{store.Sought{Who: ada.ID, From: near, Kind: store.EventSignedIn}, 6},
		{store.Sought{Who: other.ID, Kind: store.EventSignedIn}, 0},
		{store.Sought{Who: ada.ID + 1000}, 0},
		{store.Sought{From: "192.0.2"}, 0},
		{store.Sought{Kind: "authn"}, 0},
	} {
		got, _ := h.activity(t, c.sought)
		if len(got) != c.want {
			t.Errorf("%+v lists %d events, want %d", c.sought, len(got), c.want)
		}
		for i, e := range got {
			s := c.sought
			if s.Who != 0 && e.UserID != s.Who || s.From != "" && e.Address != s.From || s.Kind != "" && e.Name != s.Kind || i > 0 && e.ID >= got[i-1].ID {
				t.Errorf("%+v lists %+v", s, e)
			}
			if want := map[int64]string{ada.ID: "ada", other.ID: "grace"}[e.UserID]; e.Username != want {
				t.Errorf("%d is called %q, want %q", e.UserID, e.Username, want)
			}
		}
	}
}

func looksThrough(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	h.exec(t, `DELETE FROM events`)
	h.happen(t, ada, store.EventClosed, "", 2)
	h.happen(t, ada, store.EventFailed, "", store.LookedThrough)
	rare := store.Sought{Who: ada.ID, Kind: store.EventClosed}
	page, err := h.Activity(h.ctx, rare)
	must(t, err)
	if len(page.Rows) != 0 || !page.More || page.Looked != store.LookedThrough {
		t.Fatalf("looked through %d, more %v: %v", page.Looked, page.More, page.Rows)
	}
	rare.Before = page.Next
	page, err = h.Activity(h.ctx, rare)
	must(t, err)
	if len(page.Rows) != 2 || page.More || page.Looked != 0 {
		t.Errorf("further on there are %d, more %v, looked through %d", len(page.Rows), page.More, page.Looked)
	}
	// One that is found at once is not looked for further than its page.
	page, err = h.Activity(h.ctx, store.Sought{Who: ada.ID, Kind: store.EventFailed})
	must(t, err)
	if len(page.Rows) != store.ListedPerPage || !page.More || page.Looked != 0 || page.Next != page.Rows[store.ListedPerPage-1].ID {
		t.Errorf("a common one: %d rows, more %v before %d, looked through %d", len(page.Rows), page.More, page.Next, page.Looked)
	}
	h.happen(t, ada, store.EventClosed, "", 1)
	if all, looked := h.activity(t, store.Sought{Who: ada.ID, Kind: store.EventClosed}); len(all) != 3 || looked != store.LookedThrough {
		t.Errorf("all in all there are %d, looked through %d", len(all), looked)
	}
}

func namesBoth(t *testing.T, h house) {
	boss, ada := h.staff(t, "boss", store.RoleAdmin), Register(t, h.Store, Ada())
	h.staff(t, "second", store.RoleAdmin)
	must(t, h.Disable(h.ctx, ada, boss))
	must(t, h.Enable(h.ctx, ada, Operator))
	says := func(actor string) {
		t.Helper()
		all, _ := h.activity(t, store.Sought{Who: ada.ID})
		for i, want := range []store.DoneEvent{
			{Event: store.Event{Name: store.EventEnabled, Origin: store.Origin{Operator: true}}},
			{Event: store.Event{Name: store.EventDisabled, Origin: store.Origin{By: boss.By}}, Actor: actor},
		} {
			if e := all[i]; e.Name != want.Name || e.Operator != want.Operator || e.By != want.By || e.Actor != want.Actor || e.Username != "ada" {
				t.Errorf("listed %+v, want %+v", e, want)
			}
		}
	}
	says("boss")
	must(t, h.Erase(h.ctx, h.find(t, "boss"), Operator))
	says("")
	must(t, h.Erase(h.ctx, ada, Operator))
	if all, _ := h.activity(t, store.Sought{Who: ada.ID}); len(all) != 0 {
		t.Errorf("who is erased has %+v", all)
	}
}

func findsWhom(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	digits := h.member(t, "777")
	for text, want := range map[string]int64{
		"ada": ada.ID, " ADA ": ada.ID, "Ada@Example.com": ada.ID, fmt.Sprint(ada.ID): ada.ID, "777": digits.ID, "4711": 4711,
	} {
		if got, err := h.Whom(h.ctx, text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range append(unreadable(), "nobody", "nobody@example.com", "0", "-1", "01", "12345678901234567890", "%", "ad", "ada\x00") {
		if _, err := h.Whom(h.ctx, text); refused(t, err).Field != "who" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// unreadable is what no text is that somebody is found by.
func unreadable() []string {
	return []string{"", "\x00", "\xff\xfe", string(slices.Repeat([]byte("x"), 10_000)), "a@" + string(slices.Repeat([]byte("x"), 10_000)), "\u202e"}
}
