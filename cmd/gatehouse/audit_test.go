package main

import (
	"encoding/json"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// deedStep is a command that does something, and what the audit has of it.
type deedStep struct {
	// line is the command. HANDLE in it and in detail stands for that of the invitation.
	line string
	// subject is whose account it was done to.
	name, detail string
	subject      int64
}

// deedSteps are tried in this order. Mary, who has an app and is signed in, is 1.
var deedSteps = []deedStep{
	{"setup", store.EventInvited, "setup", 0},
	{"user add ada --email ada@example.com --role support", store.EventRegistered, "support", 2},
	{"user add grace --email grace@example.com", store.EventRegistered, "member", 3},
	{"user role ada admin", store.EventRoleChanged, "support admin", 2},
	{"user email grace hopper@example.com", store.EventEmailChanged, "", 3},
	{"user disable grace", store.EventDisabled, "", 3},
	{"user enable grace", store.EventEnabled, "", 3},
	{"user reset grace", store.EventResetAsked, "", 3},
	{"user invite guest@example.com --role support", store.EventInvited, "HANDLE support", 0},
	{"invite revoke HANDLE", store.EventInviteRevoked, "HANDLE support", 0},
	{"signin end mary", store.EventSignInEnded, "", 1},
	{"factor drop-unreadable --yes", store.EventAppChanged, "", 1},
	{"factor reset mary --yes", store.EventFactorsReset, "", 1},
	{"user delete grace --yes", store.EventErased, "", 3},
	{"user import people.csv", store.EventRegistered, "imported people.csv, SHA-256 SUM: 1 of 1 rows", 0},
	{"user drop-old-passwords --yes", store.EventPasswordRemoved, "of earlier systems 1", 0},
	{"user export", store.EventExported, store.DetailUsers, 0},
	{"factor signals off", store.EventSettled, "passkey signals off", 0},
	{"settle --yes", store.EventSettled, "", 0},
}

// undeeds are commands that change nothing after these steps.
var undeeds = []string{
	"user import people.csv", "user drop-old-passwords --yes", "user role ada admin", "user enable mary", "signin end mary", "factor drop-unreadable --yes",
	"migrate", "version", "settings", "audit", "user list", "user show mary", "signin list mary", "factor list mary", "invite list", "job list",
}

// What a job of a product does to people is the product's to record. Backups are for SQLite alone, and
// tried in backup_test.go, as copies are in copy_test.go. health asks a site that is served, and doctor
// looks at everything: see their tests.
var otherCommands = []string{"serve", "job run", "backup", "restore", "copy", "health", "doctor"}

// Whatever command changes something says in the audit who did it, what it was, and to whom; the
// activity of whom it was done to says the same. What changes nothing leaves no row.
func TestAUD02EveryCommandThatChangesSomethingIsInTheAudit(t *testing.T) {
	t.Parallel()
	self, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			database, folder := kind.New(t), t.TempDir()
			s := migrated(t, kind, database)
			setUpApp(t, s, store.Registration{Username: "mary", Email: "mary@example.com", Password: storetest.Password})
			if _, err := kind.Open(t, database).Accounts().Write.Exec(`UPDATE totp SET sealed = $1`, []byte{0}); err != nil {
				t.Fatal(err)
			}
			settings := slices.Concat([]string{"--database", database, "--smtp", "smtp://mail.example.com"}, forTests, secretOf(sharedSecret), away)
			do := func(line string) ran {
				t.Helper()
				out := commandIn(folder, storetest.Password+"\n", append(strings.Fields(line), settings...)...)
				if out.status != exitDone {
					t.Fatalf("%s: %+v", line, out)
				}
				return out
			}
			file("people.csv", "username,email,password\nnewcomer,newcomer@example.com,"+hashFlask+"\n")(t, folder)
			sum, err := sumOf(filepath.Join(folder, "people.csv"))
			if err != nil {
				t.Fatal(err)
			}
			handle := "HANDLE"
			for i, step := range deedSteps {
				do(strings.Replace(step.line, "HANDLE", handle, 1))
				var open []invitation
				if err := json.Unmarshal([]byte(do("invite list --json").out), &open); err != nil {
					t.Fatal(err)
				}
				if len(open) > 0 {
					handle = open[0].Handle
				}
				audit, err := s.Audit(t.Context(), store.Sought{})
				deeds := audit.Rows
				if err != nil || len(deeds) != i+1 {
					t.Fatalf("%s: %d rows in the audit, %v; want %d", step.line, len(deeds), err, i+1)
				}
				want := store.Deed{
					ID: deeds[0].ID, At: deeds[0].At, Name: step.name, Actor: "command line, " + self.Username,
					SubjectID: step.subject, Detail: strings.NewReplacer("HANDLE", handle, "SUM", sum).Replace(step.detail),
				}
				if deeds[0].Deed != want {
					t.Errorf("%s: the audit has %+v, want %+v", step.line, deeds[0].Deed, want)
				}
				if step.subject == 0 || step.name == store.EventErased {
					continue
				}
				events, _, err := s.Events(t.Context(), store.User{ID: step.subject}, 0)
				if err != nil || len(events) == 0 || events[0].Name != step.name || !events[0].Operator || events[0].By != 0 {
					t.Errorf("%s: the activity begins with %+v, %v; want %s by the operator", step.line, events, err, step.name)
				}
			}
			for _, line := range undeeds {
				do(line)
			}
			if audit, err := s.Audit(t.Context(), store.Sought{}); err != nil || len(audit.Rows) != len(deedSteps) {
				t.Errorf("what changed nothing left %d rows, %v", len(audit.Rows)-len(deedSteps), err)
			}
		})
	}
}

// argument is one in the path of a command, or after its name.
var argument = regexp.MustCompile(` [<[].*`)

// A new command is tried or is one that changes nothing.
func TestNoCommandIsLeftOutOfTheAudit(t *testing.T) {
	t.Parallel()
	tried := slices.Concat(undeeds, otherCommands)
	for _, step := range deedSteps {
		tried = append(tried, step.line)
	}
	for _, command := range model(t).Leaves(false) {
		name := argument.ReplaceAllString(strings.TrimPrefix(command.FullPath(), "gatehouse "), "")
		if !slices.ContainsFunc(tried, func(line string) bool { return strings.HasPrefix(line+" ", name+" ") }) {
			t.Errorf("nobody knows whether %q is in the audit", name)
		}
	}
}
