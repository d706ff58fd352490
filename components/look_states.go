package components

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"gatehouse/store"
)

func lookStates() []State {
	grace, long := personSample().User, sampleLong
	grace.SecondAt, grace.Passkeys = time.Time{}, 0
	overview := func(user store.User, devices int) templ.Component {
		last := store.Event{At: sampleTime, Name: store.EventLooked, Detail: store.DetailBegun}
		return Account(Overview{User: user, Mails: true, Summary: store.Summary{Devices: devices, Last: last}})
	}
	profile := lookedAt("look-profile", grace, "Profile", nil)
	profile.Page.Here = "/account/profile"
	profile.Body = Profile(profile.Page, NewProfileForm(grace), NewZoneForm(grace, "Asia/Kathmandu"), "")
	front := lookedAt("look-front", grace, "", nil)
	front.Page.Entry = true
	front.Body = Home(front.Page, Hall{Devices: 2})
	refused := OnlyLooking(grace)
	return []State{
		deedState("look", NewLookForm(sampleRoot, grace), func(*DeedForm) {}),
		deedState("look-refused", NewLookForm(sampleRoot, grace), func(f *DeedForm) { f.Check() }),
		deedState("look-longest", NewLookForm(sampleRoot, long), func(f *DeedForm) {
			f.Reason.Value = strings.Repeat("W", store.ReasonMax+1)
			f.Check()
		}),
		front,
		lookedAt("look-account", grace, "Your account", overview(grace, 2)),
		lookedAt("look-account-nowhere", long, "Your account", overview(long, 0)),
		profile,
		lookedAt("look-devices", grace, "Devices", SignIns(sampleSignIns(), store.SignIn{}, grace.FormID(), "")),
		lookedAt("look-devices-none", grace, "Devices", SignIns(nil, store.SignIn{}, grace.FormID(), "")),
		lookedAt("look-activity", grace, "Activity", Activity(ActivityPage{Events: sampleLooks()}, 180*24*time.Hour)),
		lookedAt("look-only", grace, refused.Title, ProblemPage(refused, memberPage(grace, ""), "MZFRJZCRKEFYBPTR")),
	}
}

// lookedAt is a page of somebody at whose account an administrator looks.
func lookedAt(name string, user store.User, title string, body templ.Component) State {
	page := memberPage(user, title)
	page.Admin = sampleRoot
	page.Looking = &Looking{
		Username: user.Username, Until: sampleNow.Add(store.LookLasts), Times: Times{Now: sampleNow}, Stop: sampleRoot.StopLooking(), Account: sampleUser.FormID(),
	}
	return State{name, page, body}
}

// sampleLooks are both ends of a look, before the last sign-in.
func sampleLooks() []store.Event {
	events := happened([]store.Event{
		{Name: store.EventLooked, Detail: store.DetailEnded}, {Name: store.EventLooked, Detail: store.DetailBegun}, {Name: store.EventSignedIn},
	})
	for i := range events[:2] {
		events[i].Origin = store.Origin{By: sampleUser.ID}
	}
	return events
}
