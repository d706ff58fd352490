package components

import (
	"cmp"
	"fmt"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// InvitationsPage is one page of the invitations that nobody has accepted yet, below the form of a further one.
type InvitationsPage struct {
	List []store.Invitation
	// By is who looks.
	By   store.User
	Form *InvitationForm
	// Mails says whether the site can send an invitation.
	Mails bool
	// More says that there are older ones. Later says that this is not the page of the newest.
	More, Later bool
	// Notice says what was just done, or is empty.
	Notice string
}

// InvitationForm invites somebody.
type InvitationForm struct {
	Form
	Email *Field
	// Role is nil for who may give none.
	Role *Field
}

// NewInvitationForm asks for an address, and for a role where by may give one: nobody gives a role that may do more
// than they.
func NewInvitationForm(root AdminRoot, by store.User) *InvitationForm {
	f := &InvitationForm{Form: Form{ID: "invitation", Action: root.Invitations(), Title: InvitationsTitle, Submit: "Invite", Busy: sending}}
	f.Email = &Field{
		Name: "email", Label: "Email address", Type: "email", Autocomplete: "off", Hint: "They get a link with which they open an account.",
		Rule: rules.CheckEmail,
	}
	f.Fields = []*Field{f.Email}
	if by.May(store.ChangeRoles) {
		f.Role = &Field{Name: "role", Label: "Role", Type: "select", Hint: "What comes with the account.", Value: memberRole}
		for _, role := range store.Roles {
			if by.May(role.May) {
				f.Role.Options = append(f.Role.Options, Option{cmp.Or(role.Name, memberRole), role.Label})
			}
		}
		f.Fields = append(f.Fields, f.Role)
	}
	return f
}

// Given is the role that was chosen, as the store has it.
func (f *InvitationForm) Given() string {
	if f.Role == nil || f.Role.Value == memberRole {
		return ""
	}
	return f.Role.Value
}

// Invited says that an invitation is on its way.
func Invited(email string) string { return fmt.Sprintf("%s is invited.", email) }

// InvitationRevoked says that one is void.
func InvitationRevoked(email string) string {
	return fmt.Sprintf("The invitation to %s is revoked.", email)
}

// mayRepeat says whether whoever looks may write the invitation once more.
func (p InvitationsPage) mayRepeat(i store.Invitation) bool {
	role, known := store.FindRole(i.Role)
	return p.Mails && known && (i.Role == "" || p.By.May(store.ChangeRoles|role.May))
}

// invitedAs is what comes with the account, or empty for a member.
func invitedAs(i store.Invitation) string {
	if i.Role == "" {
		return ""
	}
	role, _ := store.FindRole(i.Role)
	return role.Called()
}

// older is the address of the next page.
func (p InvitationsPage) older(root AdminRoot) string {
	return root.Invitations() + "?before=" + p.List[len(p.List)-1].Mark().String()
}

// invitation is the address of what is done to one of them.
func (a AdminRoot) invitation(i store.Invitation, deed string) string {
	return a.Invitations() + "/" + i.Handle + "/" + deed
}
