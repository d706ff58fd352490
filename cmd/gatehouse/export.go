package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

type userExport struct {
	CSV           bool   `name:"csv" env:"-" help:"Write CSV with a header; without it, JSON Lines."`
	WithPasswords bool   `env:"-" help:"Write the hashes of passwords as well, for another Gatehouse."`
	Out           string `env:"-" type:"path" placeholder:"FILE" help:"Write to a new file that only its owner can read; without it, to stdout."`
}

// exportedPerson is an account as an export has it, and user import takes it back.
type exportedPerson struct {
	Username   string     `json:"username"`
	Email      string     `json:"email"`
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	Created    time.Time  `json:"created"`
	Confirmed  *time.Time `json:"confirmed"`
	Disabled   *time.Time `json:"disabled"`
	Closed     *time.Time `json:"closed"`
	SecondStep *time.Time `json:"second_step"`
	// Hash is left out unless it is asked for.
	Hash string `json:"password_hash,omitempty"`
}

// Run writes all accounts, oldest first.
func (c userExport) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) (err error) {
		out := inv.term.out
		if c.Out != "" {
			file, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s is there already; name a new file with --out", c.Out)
			}
			if err != nil {
				return err
			}
			// Half an export must not look like a whole one.
			defer func() {
				err = errors.Join(err, file.Close())
				if err != nil {
					os.Remove(c.Out)
				}
			}()
			out = file
		}
		write := jsonLines(out)
		if c.CSV {
			write = csvLines(out, c.WithPasswords)
		}
		n, err := a.store.ExportUsers(inv.ctx, c.WithPasswords, operator(), func(u store.ExportedUser) error { return write(exported(u)) })
		if err == nil {
			err = write(exportedPerson{})
		}
		if err != nil || c.Out == "" {
			return err
		}
		return inv.print(false, nil, "exported %s accounts\n", thousands(n))
	})
}

func exported(u store.ExportedUser) exportedPerson {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return exportedPerson{
		Username: u.Username, Email: u.Email, Name: u.Name, Role: u.Role, Created: u.CreatedAt, Confirmed: at(u.VerifiedAt),
		Disabled: at(u.DisabledAt), Closed: at(u.ClosedAt), SecondStep: at(u.SecondAt), Hash: u.Password,
	}
}

// jsonLines writes people as JSON Lines. The zero person ends them.
func jsonLines(w io.Writer) func(exportedPerson) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return func(p exportedPerson) error {
		if p.Username == "" {
			return nil
		}
		return encoder.Encode(p)
	}
}

// csvLines writes people as CSV that a spreadsheet takes for nothing but text. The zero person ends them.
func csvLines(w io.Writer, passwords bool) func(exportedPerson) error {
	rows := csv.NewWriter(w)
	heads := []string{"username", "email", "name", "role", "created", "confirmed", "disabled", "closed", "second_step"}
	if passwords {
		heads = append(heads, "password_hash")
	}
	begun := false
	return func(p exportedPerson) error {
		if !begun {
			begun = true
			if err := rows.Write(heads); err != nil {
				return err
			}
		}
		if p.Username == "" {
			rows.Flush()
			return rows.Error()
		}
		at := func(t *time.Time) string {
			if t == nil {
				return ""
			}
			return t.Format(time.RFC3339Nano)
		}
		cells := []string{p.Username, p.Email, p.Name, p.Role, at(&p.Created), at(p.Confirmed), at(p.Disabled), at(p.Closed), at(p.SecondStep)}
		if passwords {
			cells = append(cells, p.Hash)
		}
		for i, cell := range cells {
			cells[i] = rules.GuardCell(cell)
		}
		return rows.Write(cells)
	}
}
