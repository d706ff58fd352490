package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gatehouse/store/rules"
)

// Permission is something that a role may allow. Routes, components and verbs ask for permissions,
// never for roles. Rights over single things of a person are no permissions: a query that names its
// owner finds nothing of anybody else.
type Permission uint64

// The permissions of the site itself.
const (
	// SeePeople shows the list of accounts, the search, and the page of one.
	SeePeople Permission = 1 << iota
	// HelpPeople sends links for a new password, ends sign-ins and removes second factors.
	HelpPeople
	// ManagePeople invites, disables, enables and closes.
	ManagePeople
	// ErasePeople erases accounts for good.
	ErasePeople
	// ChangeRoles gives and takes roles, also by invitation.
	ChangeRoles
	// SeeActivity shows what everybody did, and the audit.
	SeeActivity
	// LookAsThem shows the pages of somebody as they see them.
	LookAsThem
)

// FirstOwn is the first permission of a product. Its own are FirstOwn << iota.
const FirstOwn Permission = 1 << 32

// Role is what somebody is. The database has its name alone, and what it allows is here: a right
// changes by a line that is reviewed, and counts from the next request on.
type Role struct {
	// Name is stored and typed on the command line: a lower-case letter, and then at most 31 of
	// letters, digits and hyphens. The empty name is that of members. Label is for people.
	Name, Label string
	// May is what the role allows.
	May Permission
	// Guarded is for staff: their sign-ins are short and never kept, no browser of theirs is trusted,
	// and the site may ask them for a second step.
	Guarded bool
}

// RoleAdmin is the role of which somebody who can sign in is always left.
const RoleAdmin = "admin"

// Roles are all there are. A product adds its own here.
var Roles = []Role{
	{"", "Member", 0, false},
	{"support", "Support", SeePeople | HelpPeople, true},
	{RoleAdmin, "Administrator", ^Permission(0), true},
}

// FindRole finds a role by its name.
func FindRole(name string) (Role, bool) {
	i := slices.IndexFunc(Roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		return Role{Name: name}, false
	}
	return Roles[i], true
}

// Has says whether all of other is allowed.
func (p Permission) Has(other Permission) bool { return p&other == other }

// TheRole is the role of the person. One that this program does not know allows nothing.
func (u User) TheRole() Role {
	role, _ := FindRole(u.Role)
	return role
}

// May says whether the role of the person allows all of that.
func (u User) May(p Permission) bool { return u.TheRole().May.Has(p) }

// Staff says whether the rules for staff hold for the person.
func (u User) Staff() bool { return u.TheRole().Guarded }

const updateRole = `UPDATE users SET role = $1, epoch = epoch + 1 WHERE id = $2 AND role = $3`

// CheckRole refuses the name of a role that there is not.
func CheckRole(name string) error {
	if _, known := FindRole(name); !known {
		return rules.Refuse("role", "There is no role %q.", name)
	}
	return nil
}

// ChangeRole gives somebody a role, and says whether they had another one. was is the role that the
// form was drawn with; another one by now is refused. All sign-ins of the person end, because what
// was good for a member may not be for staff, and so does all trust. Who may do less from then on
// has no open invitations with a role any more, and who may do more gets a letter.
func (s *Store) ChangeRole(ctx context.Context, user User, role, was string, from Origin) (changed bool, err error) {
	if err := CheckRole(role); err != nil {
		return false, err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		changed = false
		user, err := tx.act(ctx, from, ChangeRoles, user.ID)
		if err != nil {
			return err
		}
		given, _ := FindRole(role)
		if err := tx.mayGive(ctx, from, given); err != nil {
			return err
		}
		switch {
		case user.Role == role:
			return nil
		case user.Role != was:
			return rules.Refuse("role", "The role is %s by now. Check and send again.", user.TheRole().Called())
		}
		if err := tx.keepAdmin(ctx, user); err != nil {
			return err
		}
		n, err := tx.changed(ctx, updateRole, role, user.ID, user.Role)
		if err != nil {
			return fmt.Errorf("change the role of user %d: %w", user.ID, err)
		}
		if n == 0 {
			return ErrNotFound
		}
		_, err = tx.endSignIns(ctx, deleteSignIns, user.ID)
		if err == nil {
			err = tx.endLooksAt(ctx, user.ID)
		}
		if err == nil && !given.May.Has(user.TheRole().May) {
			err = tx.voidInvitesBy(ctx, user.ID)
		}
		if err != nil {
			return fmt.Errorf("change the role of user %d: %w", user.ID, err)
		}
		if err := tx.endTrust(ctx, user); err != nil {
			return err
		}
		if gained := !user.May(given.May); gained {
			data := letterFor(user.Email, user, from)
			data.Role = role
			if err := tx.notifyIn(ctx, LetterRoleGained, user, data); err != nil {
				return err
			}
		}
		changed = true
		return tx.deed(ctx, from, EventRoleChanged, user, roleWord(user.Role)+" "+roleWord(role))
	})
	return changed, err
}

// roleWord is a role in the detail of an event, where a member has a word, too.
func roleWord(role string) string { return cmp.Or(role, "member") }

// Called is what people read of a role. One that this program does not know is named as it is stored.
func (r Role) Called() string {
	return cmp.Or(r.Label, fmt.Sprintf("unknown role “%s”", r.Name))
}

// mayGive refuses a role to who may do less.
func (tx *Tx) mayGive(ctx context.Context, from Origin, role Role) error {
	if from.Operator {
		return nil
	}
	actor, err := tx.actor(ctx, from, ChangeRoles)
	if err != nil {
		return err
	}
	return actor.reaches(role)
}
