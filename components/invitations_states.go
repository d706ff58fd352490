package components

import (
	"fmt"
	"time"

	"gatehouse/store"
)

func invitationsStates() []State {
	few := []store.Invitation{
		sampleInvitation(1, "olga@example.org", "support", sampleUser.ID, sampleUser.Username),
		sampleInvitation(2, sampleLong.Email, store.RoleAdmin, sampleLong.ID, sampleLong.Username),
		sampleInvitation(3, "grace@example.com", "", 0, ""),
		sampleInvitation(4, "mary@example.com", "long-gone", 17, ""),
	}
	var many []store.Invitation
	for i := range store.InvitesPerPage {
		many = append(many, sampleInvitation(i, fmt.Sprintf("guest-%d@example.com", i), "", sampleUser.ID, sampleUser.Username))
	}
	admin := sampleUser
	admin.Role = store.RoleAdmin
	return []State{
		invitationsState("invitations-empty", admin, InvitationsPage{Mails: true}, nil),
		invitationsState("invitations", admin, InvitationsPage{List: few, Mails: true}, nil),
		invitationsState("invitations-done", admin, InvitationsPage{List: few, Mails: true, Notice: InvitationRevoked(sampleLong.Email)}, nil),
		invitationsState("invitations-many", admin, InvitationsPage{List: many, Mails: true, More: true, Later: true}, nil),
		invitationsState("invitations-refused", admin, InvitationsPage{List: few, Mails: true}, func(f *InvitationForm) {
			f.Email.Value = "olga"
			f.Check()
		}),
		invitationsState("invitations-too-often", admin, InvitationsPage{List: few[:1], Mails: true}, func(f *InvitationForm) {
			f.Email.Value = few[0].Email
			f.TakeRefusal(store.ErrInvitedTooOften)
		}),
		invitationsState("invitations-without-roles", sampleUser, InvitationsPage{List: few, Mails: true}, nil),
		invitationsState("invitations-without-mail", admin, InvitationsPage{List: few}, nil),
	}
}

func sampleInvitation(n int, email, role string, byID int64, by string) store.Invitation {
	written := sampleTime.Add(-time.Duration(n) * 20 * time.Hour)
	return store.Invitation{
		Handle: fmt.Sprintf("K3V9QZ7T%02d", n), Email: email, Role: role, ByID: byID, By: by,
		CreatedAt: written, ExpiresAt: written.Add(store.InviteValid),
	}
}

func invitationsState(name string, by store.User, p InvitationsPage, sent func(f *InvitationForm)) State {
	p.By, p.Form = by, NewInvitationForm(sampleRoot, by)
	if sent != nil {
		sent(p.Form)
	}
	state := adminState(name, InvitationsTitle, "/invitations", everything, Invitations(p))
	state.Page.Refused = p.Form.IsRefused()
	return state
}
