package components

import (
	"time"

	"gatehouse/store"
)

func overviewStates() []State {
	counted := func(n int64) Figure { return Figure{n, true} }
	one := AdminOverview{
		Accounts: counted(1), Disabled: counted(0), Closed: counted(0), Unconfirmed: counted(0), WithoutStep: counted(0), OldPasswords: counted(0),
		SignIns: counted(1), Letters: counted(0), OldestKnown: true, EventsKnown: true, At: sampleNow,
	}
	many := one
	many.Accounts, many.Disabled, many.Closed, many.Unconfirmed = counted(1_234_567), counted(312), counted(57), counted(98_765)
	many.WithoutStep, many.OldPasswords, many.SignIns, many.Letters = counted(2), counted(1_000_000), counted(45_678), counted(1_204)
	many.Oldest, many.OldestAt, many.At = 40*time.Minute, sampleNow, sampleNow.Add(-30*time.Second)
	many.Deeds = sampleDeeds()[:DeedsShown]
	for i, name := range store.EventNames {
		if eventSentences[name] != "" { // or it happens to no account
			many.Events = append(many.Events, store.EventTotal{Name: name, N: int64(i*i*i*i) + 1})
		}
	}
	return []State{
		adminState("overview-empty", AdminTitle, "", everything, Administration(one)),
		adminState("overview", AdminTitle, "", everything, Administration(many)),
		adminState("overview-support", AdminTitle, "", ofSupporters, Administration(many)),
		adminState("overview-unknown", AdminTitle, "", everything, Administration(AdminOverview{At: sampleNow})),
	}
}
