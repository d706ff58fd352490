package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/store"
)

// importField is what an import takes of a person, and what other systems call it.
type importField struct {
	name  string
	known []string
}

// importFields are all of them. Names are as columnName compares them.
var importFields = []importField{
	{"username", []string{"user", "login", "user_name", "nickname"}},
	{"email", []string{"mail", "email_address", "e_mail"}},
	{"name", []string{"full_name", "display_name"}},
	{"first_name", []string{"firstname", "given_name"}},
	{"last_name", []string{"lastname", "family_name", "surname"}},
	{"password_hash", []string{"password", "encrypted_password", "password_digest", "hash", "hashed_password"}},
	{"created", []string{"created_at", "date_joined", "inserted_at"}},
	{"confirmed", []string{"confirmed_at", "email_verified", "email_verified_at", "verified"}},
	{"disabled", []string{"disabled_at", "banned", "suspended"}},
	{"active", []string{"is_active"}},
	{"closed", []string{"closed_at", "deleted_at"}},
	{"role", nil},
	{"second_step", []string{"otp_required_for_login", "two_factor_enabled", "two_factor_confirmed_at"}},
}

// importMapping says in which column each field stands.
type importMapping map[string]int

// mapColumns finds the columns of the fields. named are those that whoever imports named, field by field.
func mapColumns(columns []string, named map[string]string) (importMapping, error) {
	m := importMapping{}
	for field, column := range named {
		if !slices.ContainsFunc(importFields, func(f importField) bool { return f.name == field }) {
			return nil, usageError{fmt.Errorf("--map names no field %q; there are %s", field, fieldNames())}
		}
		i := slices.Index(columns, column)
		if i < 0 {
			if i = indexOf(columns, column); i < 0 {
				return nil, usageError{fmt.Errorf("there is no column %q; there are %s", column, strings.Join(columns, ", "))}
			}
		}
		m[field] = i
	}
	for _, field := range importFields {
		if _, has := m[field.name]; has {
			continue
		}
		for _, name := range append([]string{field.name}, field.known...) {
			if i := indexOf(columns, name); i >= 0 {
				m[field.name] = i
				break
			}
		}
	}
	if _, has := m["email"]; !has {
		return nil, usageError{fmt.Errorf("no column is for the email address; name it with --map email=COLUMN; there are %s", strings.Join(columns, ", "))}
	}
	return m, nil
}

func fieldNames() string {
	var names []string
	for _, f := range importFields {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// unused are the columns that no field stands in.
func (m importMapping) unused(columns []string) (left []string) {
	for i, name := range columns {
		taken := false
		for _, at := range m {
			taken = taken || at == i
		}
		if !taken {
			left = append(left, name)
		}
	}
	return left
}

// rows reads the people of a source.
func (m importMapping) rows(ctx context.Context, from source, now time.Time) store.ImportRows {
	return func() iter.Seq2[store.ImportRow, error] {
		return func(yield func(store.ImportRow, error) bool) {
			for r, err := range from.records(ctx) {
				if !yield(m.row(r, now), err) {
					return
				}
			}
		}
	}
}

// row is the person of a record.
func (m importMapping) row(r record, now time.Time) store.ImportRow {
	row := store.ImportRow{Line: r.line, Bad: r.bad}
	if r.bad != "" || r.cells == nil {
		return row
	}
	cell := func(field string) string {
		if i, has := m[field]; has {
			return strings.TrimSpace(r.cells[i])
		}
		return ""
	}
	row.Username, row.Email, row.Hash = cell("username"), cell("email"), cell("password_hash")
	if _, has := m["username"]; !has {
		row.Username, _, _ = strings.Cut(row.Email, "@")
	}
	if row.Name = cell("name"); row.Name == "" {
		row.Name = strings.TrimSpace(cell("first_name") + " " + cell("last_name"))
	}
	if row.Role = cell("role"); row.Role == "member" {
		row.Role = ""
	}
	moment := func(field string) (t time.Time) {
		t, err := momentOf(cell(field), now)
		if err != nil && row.Bad == "" {
			row.Bad = fmt.Sprintf("%s is no time, and neither yes nor no", field)
		}
		return t
	}
	row.CreatedAt, row.VerifiedAt, row.DisabledAt = moment("created"), moment("confirmed"), moment("disabled")
	if _, has := m["active"]; has && moment("active").IsZero() && row.DisabledAt.IsZero() {
		row.DisabledAt = now
	}
	row.Closed, row.SecondStep = !moment("closed").IsZero(), !moment("second_step").IsZero()
	return row
}

// momentFormats are how other systems write times, in UTC where they do not say.
var momentFormats = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "2006-01-02",
}

// momentOf is when something was so: now for yes, and the zero time for no.
func momentOf(text string, now time.Time) (time.Time, error) {
	switch strings.ToLower(text) {
	case "", "0", "false", "f", "no", "n", "null", "none", "\\n":
		return time.Time{}, nil
	case "1", "true", "t", "yes", "y":
		return now, nil
	}
	for _, format := range momentFormats {
		if t, err := time.Parse(format, text); err == nil {
			return settled(t, now)
		}
	}
	// Seconds or milliseconds of Unix.
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 && n < 1e14 {
		if n > 1e11 {
			n /= 1000
		}
		whole, part := math.Modf(n)
		return settled(time.Unix(int64(whole), int64(part*1e9)), now)
	}
	return time.Time{}, errors.New("no time")
}

// settled is a time that was, as it is stored. One to come is now: some clock was ahead.
func settled(t, now time.Time) (time.Time, error) {
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, errors.New("no time")
	}
	if t.After(now) {
		t = now
	}
	return t.UTC().Truncate(time.Microsecond), nil
}
