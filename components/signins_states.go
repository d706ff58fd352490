package components

import (
	"strconv"
	"strings"
	"time"

	"gatehouse/store"
)

func signInsStates() []State {
	list := sampleSignIns()
	many := list[:1:1]
	for i := 2; i <= store.SignInsMax; i++ {
		many = append(many, sampleSignIn(i, sampleChrome, sampleAddress))
	}
	elsewhere := signInsState("signins-somebody-else", list[:2], "")
	elsewhere.Page.Refused = true
	elsewhere.Body = Refused(SomebodyElse(sampleUser), elsewhere.Body)
	return []State{
		signInsState("signins", list, ""),
		signInsState("signins-one", list[:1], ""),
		signInsState("signins-ended", list[:2], DeviceSignedOut),
		elsewhere,
		signInsState("signins-many", many, ""),
	}
}

// sampleSignIns are sign-ins of every kind, that of the page first.
func sampleSignIns() []store.SignIn {
	away := sampleSignIn(2, sampleIPhone, sampleLongIP)
	away.CreatedAt, away.SeenAt = sampleTime.Add(-72*time.Hour), sampleTime.Add(-time.Hour)
	return []store.SignIn{
		sampleSignIn(1, sampleFirefox, sampleAddress),
		away,
		sampleSignIn(3, strings.Repeat("W", 400), ""),
		sampleSignIn(4, "", ""),
	}
}

func sampleSignIn(n int, agent, address string) store.SignIn {
	id := strconv.Itoa(n)
	return store.SignIn{ID: id, Handle: id, Agent: agent, CreatedAt: sampleTime, SeenAt: sampleTime, Address: address}
}

func signInsState(name string, list []store.SignIn, notice string) State {
	body := SignIns(list, list[0], sampleUser.FormID(), notice)
	return State{name, memberPage(sampleUser, "Devices"), body}
}
