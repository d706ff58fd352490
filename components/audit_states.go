package components

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/store"
)

const sampleAuditRetention = 730 * 24 * time.Hour

func auditStates() []State {
	all := store.Listed[store.NamedDeed]{Rows: sampleDeeds(), More: true, Next: 1}
	bounded := store.Listed[store.NamedDeed]{Rows: sampleDeeds()[:2], More: true, Next: 1, Looked: store.LookedThrough}
	return []State{
		auditState("audit-empty", AuditPage{}, nil, nil),
		auditState("audit", AuditPage{Listed: all}, nil, nil),
		auditState("audit-nothing-found", AuditPage{}, map[string]string{"kind": store.EventErased}, nil),
		auditState("audit-looked-through", AuditPage{Listed: bounded, Later: true}, map[string]string{"who": "ada", "kind": store.EventRoleChanged}, nil),
		auditState("audit-refused", AuditPage{}, map[string]string{"who": "nobody-of-that-name", "kind": "<b>"}, nil),
		auditState("audit-days-refused", AuditPage{Listed: all}, nil, func(f *DownloadForm) { f.Since.Value, f.Until.Value = "2026-11-23", "2026-11-01" }),
		auditState("audit-too-many-rows", AuditPage{Listed: all}, nil, func(f *DownloadForm) { f.TakeRefusal(store.ErrTooManyRows) }),
	}
}

// auditState is the page with these conditions, and with days that were sent.
func auditState(name string, p AuditPage, conditions map[string]string, sent func(f *DownloadForm)) State {
	p.Sought, p.Retention = NewAuditSought(sampleRoot), sampleAuditRetention
	seek(p.Sought, conditions)
	p.Download = NewDownloadForm(sampleRoot.Audit()+DownloadBelow, Times{Now: sampleNow})
	if sent != nil {
		sent(p.Download)
		if !p.Download.IsRefused() {
			p.Download.Check()
		}
	}
	state := adminState(name, p.Sought.Title, "/audit", everything, Audit(p))
	state.Page.Refused = p.Sought.IsRefused() || p.Download.IsRefused()
	return state
}

// sampleDeeds are rows of every kind, the longest of everything among them, and of people who are erased.
func sampleDeeds() (list []store.NamedDeed) {
	for i, d := range []store.Deed{
		{Name: store.EventInvited, Detail: store.PurposeSetup},
		{Name: store.EventRegistered, SubjectID: 1, Detail: store.PurposeSetup + " " + store.RoleAdmin},
		{Name: store.EventInvited, Detail: "K3V9QZ7TRA support"},
		{Name: store.EventInviteRevoked, Detail: "K3V9QZ7TRA member"},
		{Name: store.EventRegistered, SubjectID: 2, Detail: "K3V9QZ7TRA support"},
		{Name: store.EventRegistered, SubjectID: 2, Detail: "member"},
		{Name: store.EventRegistered, Detail: fmt.Sprintf("imported people.csv, SHA-256 %s: 1000000 of 1000000 rows", strings.Repeat("0123456789abcdef", 4))},
		{Name: store.EventDisabled, SubjectID: 2, Reason: strings.Repeat("W", store.ReasonMax)},
		{Name: store.EventEnabled, SubjectID: 2, Reason: "Asked by phone"},
		{Name: store.EventClosed, SubjectID: 2},
		{Name: store.EventErased, SubjectID: 17, Reason: "Wished for in a letter"},
		{Name: store.EventRoleChanged, SubjectID: 2, Detail: "support admin"},
		{Name: store.EventRoleChanged, SubjectID: 2, Detail: "long-gone member"},
		{Name: store.EventSignInEnded, SubjectID: 2},
		{Name: store.EventSignInEnded, SubjectID: 2, Detail: "K3V9QZ7TRA"},
		{Name: store.EventResetAsked, SubjectID: 2},
		{Name: store.EventVerifyAsked, SubjectID: 2},
		{Name: store.EventEmailChanged, SubjectID: 2},
		{Name: store.EventFactorsReset, SubjectID: 2, Reason: "Lost the phone"},
		{Name: store.EventAppChanged, SubjectID: 2},
		{Name: store.EventPasswordRemoved, Detail: "of earlier systems 12345"},
		{Name: store.EventSettled},
		{Name: store.EventSettled, Detail: store.DetailSignalsOn},
		{Name: store.EventSettled, Detail: store.DetailSignalsOff},
		{Name: store.EventExported, Detail: store.DetailUsers},
		{Name: store.EventExported, Detail: store.DetailUsersWithPasswords},
		{Name: store.EventExported, Detail: store.DetailActivity + " 2026-11-01 2026-11-23"},
		{Name: store.EventExported, Detail: store.DetailAudit + " 2026-11-01 2026-11-23"},
		{Name: store.EventLooked, SubjectID: 2, Detail: store.DetailBegun, Reason: "Sees no orders"},
		{Name: store.EventLooked, SubjectID: 2, Detail: store.DetailEnded},
	} {
		row := store.NamedDeed{Deed: d}
		row.ID, row.At = int64(i+1), sampleTime.Add(-time.Duration(i*i)*47*time.Minute)
		if d.SubjectID == sampleLong.ID {
			row.Subject = sampleLong.Username
		}
		switch i % 4 {
		case 0:
			row.Actor = fmt.Sprintf("command line, %s", strings.Repeat("w", 32))
		case 3:
			row.ActorID, row.Actor, row.Address, row.Agent = 18, "gone", sampleLongIP, sampleIPhone
		default:
			row.ActorID, row.Actor, row.By, row.Address, row.Agent = sampleUser.ID, sampleUser.Username, sampleUser.Username, sampleAddress, sampleFirefox
		}
		list = append(list, row)
	}
	return list
}
