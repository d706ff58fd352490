package components

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// DeedForm is what an administrator is asked before they do something to somebody: a page and no dialog, so that no
// confirmation needs script.
type DeedForm struct {
	Form
	// Subject is whom it is done to.
	Subject store.User
	// Points say what comes of it.
	Points []string
	// Reason is kept in the audit alone.
	Reason *Field
	// Role is the new role, and Was the one that the form was drawn with. They are of the form for roles.
	Role *Field
	Was  string
}

// newDeed states a form with a reason. below is its address below that of the person.
func newDeed(root AdminRoot, user store.User, below, title, submit, busy string, points ...string) *DeedForm {
	f := &DeedForm{Subject: user, Points: points, Form: Form{
		ID: "deed-" + strings.TrimPrefix(below, "/"), Action: root.Person(user.ID, below), Title: title, Submit: submit, Busy: busy, Danger: true,
	}}
	f.Reason = &Field{
		Name: "reason", Label: "Reason", Type: "text", Autocomplete: "off", Prose: true, Optional: true,
		Hint: fmt.Sprintf("For the audit alone. At most %d characters.", store.ReasonMax),
		Rule: store.CheckReason,
	}
	f.Fields = []*Field{f.Reason}
	return f
}

// What the pages of several deeds say.
const (
	signedOutAtOnce = "Every device is signed out at once."
	emailed         = "They get an email about it, where their address is confirmed."
)

var reservedWord = fmt.Sprintf("Nobody can take the username for another %s.", Days(store.UsernameReservation))

func disableTitle(user store.User) string { return fmt.Sprintf("Disable %s", user.Username) }
func factorsTitle(user store.User) string {
	return fmt.Sprintf("Remove all factors of %s", user.Username)
}

func closeTitle(user store.User) string { return fmt.Sprintf("Close the account of %s", user.Username) }

func eraseTitle(user store.User) string { return fmt.Sprintf("Erase the account of %s", user.Username) }

// NewDisableForm asks before an account is disabled.
func NewDisableForm(root AdminRoot, user store.User) *DeedForm {
	return newDeed(root, user, "/disable", disableTitle(user), "Disable", "Disabling…",
		"Every device is signed out at once, and nobody can sign in until the account is enabled again.",
		"Links that were emailed no longer work, nor do invitations with a role that they wrote.",
		"Nothing is erased.",
	)
}

// NewFactorsForm asks before every factor is removed.
func NewFactorsForm(root AdminRoot, user store.User) *DeedForm {
	in := "The password alone signs in from then on. Be sure that it's really them who ask."
	if !user.HasPassword {
		in = "There is no password, so nothing signs in from then on but a password chosen by link. Send that link afterwards."
	}
	return newDeed(root, user, "/factors", factorsTitle(user), removeFactors, "Removing…",
		"The authenticator app, the recovery codes, the passkeys and all trusted browsers are gone.",
		signedOutAtOnce, in, emailed,
	)
}

// NewAdminCloseForm asks before the account of somebody else is closed. reopen is how long it can be reopened.
func NewAdminCloseForm(root AdminRoot, user store.User, reopen time.Duration) *DeedForm {
	then := "The account and everything in it are erased at once, for good."
	if reopen > 0 {
		then = fmt.Sprintf("For %s its owner can sign in and reopen it. After that the account is erased, for good.", Days(reopen))
	}
	return newDeed(root, user, "/close", closeTitle(user), closeAccount, closing,
		signedOutAtOnce, then, reservedWord, emailed,
	)
}

// NewEraseForm asks before an account is erased. Whoever asks for that types the username.
func NewEraseForm(root AdminRoot, user store.User) *DeedForm {
	f := newDeed(root, user, "/erase", eraseTitle(user), "Erase account", "Erasing…",
		"Everything about the account is gone at once and for good. It can't be reopened.",
		reservedWord,
		fmt.Sprintf("The audit keeps the number %d alone, and the reason for this.", user.ID),
	)
	username := &Field{
		Name: "username", Label: "Username", Type: "text", Autocomplete: "off",
		Hint: typeUsername, HintName: user.Username,
		Rule: func(value string) error {
			switch name := rules.CanonicalUsername(value); {
			case rules.Pasted(name):
				return rules.CheckUsername(name)
			case name != user.Username:
				return rules.Refuse("", "Type %s to erase this account.", user.Username)
			}
			return nil
		},
	}
	f.Reason.Hint = fmt.Sprintf("For the audit alone, which outlives the account: name nobody. At most %d characters.", store.ReasonMax)
	f.Reason.Rule = func(value string) error {
		if namesPerson(value, user) {
			return rules.Refuse("", "The audit outlives the account. Give the reason without the name, the username and the address.")
		}
		return store.CheckReason(value)
	}
	f.Fields = []*Field{username, f.Reason}
	return f
}

// reasonWords are what a text consists of.
var reasonWords = regexp.MustCompile(`[^\s,;:!?()"'<>]+`)

// namesPerson says whether a text has the username, the address or the name of somebody in it, as words of their own.
func namesPerson(text string, user store.User) bool {
	text = strings.ToLower(text)
	if name := strings.ToLower(rules.CanonicalName(user.Name)); name != "" && strings.Contains(text, name) {
		return true
	}
	return slices.ContainsFunc(reasonWords.FindAllString(text, -1), func(word string) bool {
		word = strings.Trim(word, ".")
		return word == user.Username || word == strings.ToLower(user.Email)
	})
}

// memberRole is what a member, whose role has no name, is called in a form. A form without a role gives none.
const memberRole = "member"

// NewRoleForm asks for a role. by is who gives it: nobody gives a role that may do more than they.
func NewRoleForm(root AdminRoot, user, by store.User) *DeedForm {
	f := newDeed(root, user, "/role", fmt.Sprintf("The role of %s", user.Username), "Change role", saving,
		"Every device is signed out at once, and they sign in again.",
		"If the new role may do more, they get an email, where their address is confirmed.",
		"If it may do less, open invitations with a role that they wrote are void.",
	)
	f.Danger = false
	f.Was = cmp.Or(user.Role, memberRole)
	f.Role = &Field{Name: "role", Label: "Role", Type: "radio", Value: f.Was}
	for _, role := range store.Roles {
		if by.May(role.May) {
			f.Role.Options = append(f.Role.Options, Option{cmp.Or(role.Name, memberRole), role.Label})
		}
	}
	f.Fields = []*Field{f.Role, f.Reason}
	return f
}

// Given are the role that was chosen and the one that the form was drawn with, as the store has them.
func (f *DeedForm) Given(was string) (role, before string) {
	stored := func(name string) string {
		if name == memberRole {
			return ""
		}
		return name
	}
	return stored(f.Role.Value), stored(was)
}

// Sentences that are said once something is done to somebody. Each names the person.

// Disabled says that somebody is disabled. was is the account before that.
func Disabled(was store.User) string {
	if was.Disabled() {
		return fmt.Sprintf("%s was disabled already.", was.Username)
	}
	return fmt.Sprintf("%s is disabled and signed out everywhere.", was.Username)
}

// Enabled says that somebody can sign in again.
func Enabled(was store.User) string {
	if !was.Disabled() {
		return fmt.Sprintf("%s was not disabled.", was.Username)
	}
	return fmt.Sprintf("%s can sign in again.", was.Username)
}

// SignedOut says on how many devices somebody was signed out.
func SignedOut(username string, devices int64) string {
	switch devices {
	case 0:
		return fmt.Sprintf("%s was signed in nowhere.", username)
	case 1:
		return fmt.Sprintf("%s is signed out on 1 device.", username)
	}
	return fmt.Sprintf("%s is signed out on %d devices.", username, devices)
}

// SignedOutThere says that one sign-in has ended, or had ended before.
func SignedOutThere(username string, before bool) string {
	if before {
		return fmt.Sprintf("%s was signed out on that device already.", username)
	}
	return fmt.Sprintf("%s is signed out on that device.", username)
}

// ResetSent says that a link is on its way.
func ResetSent(username string) string {
	return fmt.Sprintf("A link for a new password is on its way to %s.", username)
}

// VerificationSent says that a link is on its way, or is not needed.
func VerificationSent(user store.User) string {
	if user.Verified() {
		return fmt.Sprintf("The address of %s is confirmed already.", user.Username)
	}
	return fmt.Sprintf("A link to confirm the address is on its way to %s.", user.Username)
}

// FactorsRemoved says how somebody signs in from now on. required says that the site asks them for a second step.
func FactorsRemoved(user store.User, required bool) string {
	switch {
	case !user.HasPassword:
		return fmt.Sprintf("%s has no factors and no password now. Send a link for a new password.", user.Username)
	case required:
		return fmt.Sprintf("%s signs in with the password alone now, and is asked to set up a second factor.", user.Username)
	}
	return fmt.Sprintf("%s signs in with the password alone now.", user.Username)
}

// NoFactors says that there was nothing to remove.
func NoFactors(username string) string {
	return fmt.Sprintf("%s has no second step and no passkey.", username)
}

// ClosedUntil says until when a closed account can be reopened.
func ClosedUntil(was store.User, until time.Time, times Times) string {
	if was.Closed() {
		return fmt.Sprintf("%s was closed already.", was.Username)
	}
	return fmt.Sprintf("%s is closed and can be reopened until %s.", was.Username, times.day(until))
}

// ClosedForGood says that an account is closed and cannot be reopened, but stays for a while.
func ClosedForGood(username string) string {
	return fmt.Sprintf("%s is closed. The account is erased once its old address can't be put back any more.", username)
}

// Erased says that an account is gone.
func Erased(username string) string {
	return fmt.Sprintf("%s is erased. The username stays reserved for %s.", username, Days(store.UsernameReservation))
}

// RoleGiven says what somebody is now, or was before.
func RoleGiven(username, name string, changed bool) string {
	role, _ := store.FindRole(name)
	if !changed {
		return fmt.Sprintf("%s is %s already.", username, role.Called())
	}
	return fmt.Sprintf("%s is now %s and has to sign in again.", username, role.Called())
}
