package components

import (
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

func activityStates() []State {
	events := sampleEvents()
	return []State{
		activityState("activity-empty", ActivityPage{}),
		activityState("activity", ActivityPage{Events: events, More: true}),
		activityState("activity-later", ActivityPage{Events: events[:2], Later: true}),
		withSupport("activity-support", Activity(ActivityPage{Events: events, Contacts: sampleContacts}, 180*24*time.Hour)),
		activityState("activity-mail", ActivityPage{Events: sampleMailEvents()}),
		activityState("activity-factors", ActivityPage{Events: sampleFactorEvents()}),
	}
}

func activityState(name string, p ActivityPage) State {
	return State{name, memberPage(sampleUser, "Activity"), Activity(p, 180*24*time.Hour)}
}

func sampleEvents() []store.Event {
	return happened([]store.Event{
		{Name: store.EventRegistered},
		{Name: store.EventSignedIn},
		{Name: store.EventSignedIn, Detail: store.DetailNewDevice},
		{Name: store.EventFailed},
		{Name: store.EventThrottled},
		{Name: store.EventSignedOut},
		{Name: store.EventSignInEnded, Detail: sampleIPhone},
		{Name: store.EventSignInEnded},
		{Name: store.EventReauthenticated},
		{Name: store.EventPasswordChanged},
		{Name: store.EventPasswordRefused},
		{Name: store.EventUpdated, Detail: "name"},
		{Name: store.EventUpdated, Detail: "username ada countess"},
		{Name: store.EventDisabled, Origin: store.Origin{Operator: true}},
		{Name: store.EventEnabled, Origin: store.Origin{Operator: true}},
		{Name: store.EventClosed},
		{Name: store.EventReopened},
	})
}

// sampleMailEvents are what mail leads to, with the longest addresses.
func sampleMailEvents() []store.Event {
	return happened([]store.Event{
		{Name: store.EventResetAsked},
		{Name: store.EventPasswordChanged, Detail: store.DetailByLink},
		{Name: store.EventVerifyAsked},
		{Name: store.EventEmailVerified},
		{Name: store.EventEmailAsked, Detail: sampleLong.Email},
		{Name: store.EventEmailCancelled},
		{Name: store.EventEmailChanged, Detail: sampleUser.Email + " " + sampleLong.Email},
		{Name: store.EventEmailUndone},
	})
}

// sampleFactorEvents are what happens to passkeys and a second step, with the longest name.
func sampleFactorEvents() []store.Event {
	return happened([]store.Event{
		{Name: store.EventPasskeyAdded, Detail: samplePasskey},
		{Name: store.EventPasskeyRenamed, Detail: strings.Repeat("W", rules.PasskeyNameMax)},
		{Name: store.EventReauthenticated, Detail: store.DetailPasskey},
		{Name: store.EventFailed, Detail: store.DetailPasskey},
		{Name: store.EventTokenReuse, Detail: store.DetailPasskey},
		{Name: store.EventPasskeyRemoved, Detail: samplePasskey},
		{Name: store.EventPasskeyRemoved},
		{Name: store.EventPasswordRemoved},
		{Name: store.EventSecondOn},
		{Name: store.EventSecondFailed},
		{Name: store.EventAppChanged},
		{Name: store.EventCodesMade},
		{Name: store.EventCodeUsed},
		{Name: store.EventTrusted},
		{Name: store.EventTrustEnded},
		{Name: store.EventSecondOff},
		{Name: store.EventFactorsUndone},
		{Name: store.EventFactorsReset, Origin: store.Origin{Operator: true}},
	})
}

// happened numbers the events and says when and where they were.
func happened(events []store.Event) []store.Event {
	for i := range events {
		e := &events[i]
		e.ID, e.At = int64(i+1), sampleTime.Add(-time.Duration(i*i)*17*time.Minute)
		if !e.Operator {
			e.Origin = store.Origin{Address: sampleAddress, Agent: sampleFirefox}
			if i%5 == 3 {
				e.Origin = store.Origin{Address: sampleLongIP, Agent: sampleIPhone}
			}
		}
	}
	return events
}
