package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

type userCommand struct {
	Add     userAdd     `cmd:"" help:"Make an account. The password is asked for, or read from stdin."`
	List    userList    `cmd:"" help:"List accounts."`
	Show    userShow    `cmd:"" help:"Show one account."`
	Disable userDisable `cmd:"" help:"Close an account to its owner and end all its sign-ins."`
	Enable  userEnable  `cmd:"" help:"Open a disabled account again."`
	Role    userRole    `cmd:"" help:"Give somebody a role, and end all their sign-ins."`
	Email   userEmail   `cmd:"" help:"Give somebody another email address, and write to both."`
	Invite  userInvite  `cmd:"" help:"Write to somebody that they can have an account."`
	Reset   userReset   `cmd:"" help:"Make a link with which somebody can choose a new password."`
	Delete  userDelete  `cmd:"" help:"Erase an account and all that hangs on it, at once and for good."`
	Import  userImport  `cmd:"" help:"Bring people from another system, with their passwords."`
	Export  userExport  `cmd:"" help:"Write all accounts into a file that import takes back."`
	Drop    userDrop    `cmd:"" name:"drop-old-passwords" help:"Void the passwords of earlier systems that are left."`
}

// person is an account as the command line prints it.
type person struct {
	ID       int64      `json:"id"`
	Username string     `json:"username"`
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Role     string     `json:"role"`
	Created  time.Time  `json:"created"`
	Disabled *time.Time `json:"disabled"`
	Closed   *time.Time `json:"closed"`
}

func personOf(u store.User) person {
	p := person{u.ID, u.Username, u.Email, u.Name, wordOf(u.Role), u.CreatedAt, nil, nil}
	if u.Disabled() {
		p.Disabled = &u.DisabledAt
	}
	if u.Closed() {
		p.Closed = &u.ClosedAt
	}
	return p
}

type userAdd struct {
	Username string `arg:"" help:"Username."`
	Email    string `required:"" env:"-" placeholder:"ADDRESS" help:"Email address."`
	FullName string `name:"full-name" env:"-" placeholder:"NAME" help:"Display name."`
	Role     role   `env:"-" placeholder:"ROLE" help:"Role: ${roles}. Without it, a member."`
	JSON     bool   `name:"json" env:"-" help:"Print JSON."`
}

// Run makes the account by the same rules as the registration page.
func (c userAdd) Run(inv *invocation) error {
	return withAccounts(inv, func(a *accounts) error {
		password, err := askPassword(inv.term, fmt.Sprintf("Password for %s", rules.CanonicalUsername(c.Username)))
		if err != nil {
			return err
		}
		user, err := a.store.AddUser(inv.ctx, store.Registration{
			Name: c.FullName, Username: c.Username, Email: c.Email, Password: password,
		}, string(c.Role), operator())
		if err != nil {
			return err
		}
		if c.Role == "" {
			return inv.print(c.JSON, personOf(user), "added %s\n", user.Username)
		}
		return inv.print(c.JSON, personOf(user), "added %s as %s\n", user.Username, c.Role.called())
	})
}

// userArgument is the argument that names an account.
type userArgument struct {
	Who string `arg:"" name:"user" help:"Username or email address."`
}

// find returns the account, or an error in one sentence if there is none.
func (w userArgument) find(inv *invocation, a *accounts) (store.User, error) {
	if err := rules.CheckIdentifier(w.Who); w.Who != "" && err != nil {
		return store.User{}, err
	}
	user, err := a.store.Find(inv.ctx, w.Who)
	if errors.Is(err, store.ErrNotFound) {
		return user, fmt.Errorf("there is no account with the username or email address %q", w.Who)
	}
	return user, err
}

// shownPerson is an account as user show prints it.
type shownPerson struct {
	person
	// SecondStep is since when a password alone does not sign the person in.
	SecondStep *time.Time `json:"second_step"`
	// Passkeys is how many the person has.
	Passkeys int `json:"passkeys"`
}

type userShow struct {
	userArgument
	JSON bool `name:"json" env:"-" help:"Print JSON."`
}

// Run prints everything about the account that is not secret.
func (c userShow) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		p := shownPerson{person: personOf(user), Passkeys: user.Passkeys}
		if user.SecondStep() {
			p.SecondStep = &user.SecondAt
		}
		err = inv.print(c.JSON, p, "id           %d\nusername     %s\nemail        %s\nname         %s\nrole         %s\ncreated      %s\ndisabled     %s\nclosed       %s\nsecond step  %s\npasskeys     %d\n",
			p.ID, p.Username, p.Email, p.Name, roleFor(user), date(&p.Created), date(p.Disabled), date(p.Closed), date(p.SecondStep), p.Passkeys)
		if err != nil || c.JSON || !user.SecondStep() {
			return err
		}
		f, err := a.store.Factors(inv.ctx, user)
		if err != nil || !f.AppUnreadable {
			return err
		}
		return inv.print(false, nil, unreadableApp)
	})
}

type userDisable struct{ userArgument }

// Run disables the account.
func (c userDisable) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err == nil {
			err = a.store.Disable(inv.ctx, user, operator())
		}
		if err != nil {
			return err
		}
		return inv.print(false, nil, "disabled %s\n", user.Username)
	})
}

type userEnable struct{ userArgument }

// Run enables the account.
func (c userEnable) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err == nil {
			err = a.store.Enable(inv.ctx, user, operator())
		}
		if err != nil {
			return err
		}
		return inv.print(false, nil, "enabled %s\n", user.Username)
	})
}

type userReset struct{ userArgument }

// Run prints a link for the operator to pass on. Its recipient chooses the password, so nobody
// else knows it.
func (c userReset) Run(inv *invocation) error {
	base, err := inv.linkBase()
	if err != nil {
		return err
	}
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		token, err := a.store.ResetToken(inv.ctx, user, operator())
		if err != nil {
			return err
		}
		return inv.print(false, nil, "%s\n", base.JoinPath("/password/reset", token))
	})
}

// linkBase is the base URL of a link that a command prints.
func (inv *invocation) linkBase() (*url.URL, error) {
	c, err := inv.settings.check()
	if err == nil && c.base == nil {
		err = usageError{errors.New("--base-url is needed: it is where the link leads")}
	}
	return c.base, err
}

type userDelete struct {
	userArgument
	Yes bool `env:"-" help:"Do it without asking."`
}

// Run erases the account. It asks first, because this cannot be undone.
func (c userDelete) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		user, err := c.find(inv, a)
		if err != nil {
			return err
		}
		if !c.Yes {
			err := askUsername(inv.term, user, fmt.Sprintf("Type the username %s to erase this account: ", user.Username), "nothing was erased: that is not the username")
			if err != nil {
				return err
			}
		}
		if err := a.store.Erase(inv.ctx, user, operator()); err != nil {
			return err
		}
		return inv.print(false, nil, "erased %s; the username stays reserved for %d days\n", user.Username, store.UsernameReservation/day)
	})
}

// askUsername asks for the username of an account before something that cannot be undone, and
// returns the error unless that is what is typed.
func askUsername(t terminal, user store.User, question, otherwise string) error {
	typed, err := askLine(t, question)
	if err != nil {
		return err
	}
	switch name := rules.CanonicalUsername(typed); {
	case rules.Pasted(name):
		return rules.CheckUsername(name)
	case name != user.Username:
		return errors.New(otherwise)
	}
	return nil
}

// print writes value as JSON, or the sentence.
func (inv *invocation) print(asJSON bool, value any, sentence string, args ...any) error {
	if asJSON {
		return writeJSON(inv.term.out, value)
	}
	_, err := fmt.Fprintf(inv.term.out, sentence, args...)
	return err
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func date(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
