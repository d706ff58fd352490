package main

import (
	"cmp"
	"fmt"
	"strings"

	"gatehouse/store"
)

// role is the name of a role, as the store has it. Members, who have no name there, are called
// memberWord on the command line.
type role string

const memberWord = "member"

// UnmarshalText reads a role that there is.
func (r *role) UnmarshalText(text []byte) error {
	name := string(text)
	if name == memberWord {
		name = ""
	}
	if store.CheckRole(name) != nil {
		return fmt.Errorf("there is no role %q; there are %s", text, roleWords())
	}
	*r = role(name)
	return nil
}

// called is what people read of the role.
func (r role) called() string {
	found, _ := store.FindRole(string(r))
	return found.Called()
}

// wordOf is a role on the command line.
func wordOf(name string) string { return cmp.Or(name, memberWord) }

// roleFor is the role of somebody, and says so of one that this program does not know.
func roleFor(user store.User) string {
	if known, ok := store.FindRole(user.Role); !ok {
		return known.Called()
	}
	return wordOf(user.Role)
}

// roleWords are all roles in a sentence.
func roleWords() string {
	var words []string
	for _, r := range store.Roles {
		words = append(words, wordOf(r.Name))
	}
	return strings.Join(words, ", ")
}

type userRole struct {
	userArgument
	Role role `arg:"" help:"Role: ${roles}."`
}

// Run gives somebody a role. Whoever has it already stays signed in.
func (c userRole) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		changed, err := a.store.ChangeRole(inv.ctx, user, string(c.Role), user.Role, operator())
		if err != nil {
			return err
		}
		if !changed {
			return inv.print(false, nil, "%s is %s already\n", user.Username, c.Role.called())
		}
		return inv.print(false, nil, "%s is now %s and has to sign in again\n", user.Username, c.Role.called())
	})
}
