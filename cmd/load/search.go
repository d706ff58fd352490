package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/store"
)

// searches are the lists and searches of the administration, as an administrator asks for them:
// beginnings that everybody has, that one person has, and that nobody has; activity by each condition.
func searches(ctx context.Context, site *server, place string) ([]target, error) {
	member, username, err := mustRegister(ctx, site)
	if err != nil {
		return nil, err
	}
	common, err := promote(ctx, place, username)
	if err != nil {
		return nil, err
	}
	member = member.elsewhere() // what was good for a member is not for an administrator
	if status, err := member.signIn(ctx, username); err != nil || status != http.StatusSeeOther {
		return nil, errors.Join(err, fmt.Errorf("signing in as an administrator was answered with %d", status))
	}
	if status, err := member.get(ctx, "/admin/people"); err != nil || status != http.StatusOK {
		return nil, errors.Join(err, fmt.Errorf("the list of people was answered with %d", status))
	}
	var targets []target
	for _, t := range []struct {
		name, list string
		query      url.Values
	}{
		{"people", "people", nil},
		{"people, staff", "people", url.Values{"show": {"staff"}}},
		{"people, disabled", "people", url.Values{"show": {"disabled"}}},
		{"people, closed", "people", url.Values{"show": {"closed"}}},
		{"people, not confirmed", "people", url.Values{"show": {"unconfirmed"}}},
		{"search, what everybody begins with", "people", url.Values{"q": {common}}},
		{"search, what one begins with", "people", url.Values{"q": {username}}},
		{"search, what nobody begins with", "people", url.Values{"q": {"zz" + username}}},
		{"search, usernames", "people", url.Values{"q": {common}, "by": {"username"}}},
		{"search, email addresses", "people", url.Values{"q": {common}, "by": {"email"}}},
		{"search, names", "people", url.Values{"q": {common}, "by": {"name"}}},
		{"search, surnames", "people", url.Values{"q": {common}, "by": {"surname"}}},
		{"activity", "activity", nil},
		{"activity, of one person", "activity", url.Values{"who": {username}}},
		{"activity, from an address", "activity", url.Values{"from": {"192.0.2.1"}}},
		{"activity, of a kind", "activity", url.Values{"kind": {store.EventSignedIn}}},
	} {
		header := map[string]string{"Host": site.host, "Cookie": member.cookies()}
		targets = append(targets, target{name: t.name, request: request{method: "GET", url: site.url + "/admin/" + t.list + "?" + t.query.Encode(), header: header}})
	}
	return targets, nil
}

// promote makes somebody an administrator, and returns what all filled accounts begin with.
func promote(ctx context.Context, place, username string) (common string, err error) {
	db, err := open(ctx, place)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Accounts().Write.ExecContext(ctx, `UPDATE users SET role = 'admin' WHERE username = $1`, username); err != nil {
		return "", err
	}
	if err := db.Accounts().Read.QueryRowContext(ctx, `SELECT username FROM users WHERE id = 1`).Scan(&common); err != nil {
		return "", err
	}
	common, _, _ = strings.Cut(common, "-")
	return common, nil
}
