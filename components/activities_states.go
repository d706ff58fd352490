package components

import (
	"time"

	"gatehouse/store"
)

const sampleRetention = 180 * 24 * time.Hour

func activitiesStates() []State {
	found := func(rows []store.Happened) store.Listed[store.Happened] {
		return store.Listed[store.Happened]{Rows: rows}
	}
	all := found(sampleHappened())
	all.More, all.Next = true, 1
	bounded := found(sampleHappened()[:2])
	bounded.More, bounded.Next, bounded.Looked = true, 1, store.LookedThrough
	none := bounded
	none.Rows = nil
	return []State{
		activitiesState("activities-empty", ActivitiesPage{}, nil),
		activitiesState("activities", ActivitiesPage{Listed: all}, nil),
		activitiesState("activities-nothing-found", ActivitiesPage{}, map[string]string{"kind": store.EventThrottled}),
		activitiesState("activities-looked-through", ActivitiesPage{Listed: bounded, Later: true}, map[string]string{"from": sampleAddress, "kind": store.EventThrottled}),
		activitiesState("activities-looked-in-vain", ActivitiesPage{Listed: none}, map[string]string{"from": sampleLongIP, "kind": store.EventThrottled}),
		activitiesState("activities-refused", ActivitiesPage{}, map[string]string{"who": "nobody-of-that-name", "from": "here", "kind": "<b>"}),
		activitiesState("activities-person", ActivitiesPage{Listed: all, Person: &sampleLong}, nil),
		activitiesState("activities-person-empty", ActivitiesPage{Person: &sampleUser}, nil),
	}
}

// activitiesState is the page with these conditions, of which the store refuses a person who is nobody.
func activitiesState(name string, p ActivitiesPage, conditions map[string]string) State {
	p.Sought, p.Retention = NewActivitySought(sampleRoot, p.Person, nil), sampleRetention
	seek(p.Sought, conditions)
	below := "/activity"
	if p.Person != nil {
		below = "/people/2/activity"
	}
	state := adminState(name, p.Sought.Title, below, everything, Activities(p))
	state.Page.Refused = p.Sought.IsRefused()
	return state
}

func seek(f *SoughtForm, conditions map[string]string) {
	for name, value := range conditions {
		f.Field(name).Value = value
	}
	f.Check()
	if f.Who.Value == "nobody-of-that-name" {
		f.TakeRefusal(store.ErrNobody)
	}
}

// sampleHappened is everything that can happen, to the one or to the other, and by whom.
func sampleHappened() (list []store.Happened) {
	for i, e := range append(sampleEvents(), sampleMailEvents()...) {
		row := store.Happened{DoneEvent: store.DoneEvent{Event: e}, Username: sampleUser.Username}
		row.UserID, row.At = sampleUser.ID, sampleTime.Add(-time.Duration(i*i)*17*time.Minute)
		switch i % 6 {
		case 1:
			row.UserID, row.Username = sampleLong.ID, sampleLong.Username
		case 4:
			row.By, row.Actor, row.Address, row.Agent = sampleLong.ID, sampleLong.Username, "", ""
		case 5:
			row.By, row.Actor, row.Address, row.Agent = 17, "", "", ""
		}
		list = append(list, row)
	}
	return list
}
