package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of importing and exporting.
func TestImportContract(t *testing.T) {
	contract(t, []promise{
		{"IMP-01 brings people who sign in by their old passwords, which are ours afterwards", importsPeople},
		{"IMP-02 takes a password of each kind, and upgrades it at the next sign-in", importsKinds},
		{"IMP-04 brings nobody where a row is bad, and the others where that is asked for", importsAllOrNothing},
		{"IMP-04 goes on where it was broken off, and brings nobody twice", importsAgain},
		{"IMP-05 tells doubles, with the line of the first", importsNoDoubles},
		{"IMP-06 brings who has a hash beyond the bounds without a password", importsWithoutPasswords},
		{"IMP-07 renames by the rule, around who is here, waits or is reserved", renames},
		{"IMP-08 leaves out who registers meanwhile", importsBesideOthers},
		{"takes over who is disabled, leaves out who is closed, and has a second step set up anew", importsStates},
		{"takes roles over where that is asked for", importsRoles},
		{"is one at a time, until a minute after the last sign of it", importsAlone},
		{"ends old passwords on the day that was said, or at once", endsOldPasswords},
		{"has every copy know which kinds are in use, and refuses a fourth memory-hard one", knowsKinds},
		{"exports what imports take back, with the own scheme", exportsPeople},
		{"writes one event for each person, and one row of the audit for all", recordsImports},
	})
}

// Hashes of Password by what is not ours: bcrypt of Python, and Python's hashlib. Their costs are the
// least that is taken, but for that of Flask-Bcrypt.
const (
	oldPassword   = "correct horse battery staple"
	hashBcrypt    = "$2b$04$6.vvnUK47TGBTx4JA9ZmJOEtmZG3bdKWhdX8uj1u01f.w.V3SHwRa"
	hashDjango    = "pbkdf2_sha256$1000$saltysalt123$bdlERmmw+duuk5FecWFTVO0M81ggrAuyxRe4nczc3tw="
	hashWerkzeug  = "scrypt:1024:8:1$61jhLgLlkiLQzFlL$8e77dae284329343cef6e2c5672e8386cb9d48a68f30675c6f6932ae218a9d50da8dba574abfd2f01cefbc2a0f37e4ab3f4b890c5feb26a288c5f904b9b84bae"
	hashArgon2    = "$argon2id$v=19$m=256,t=2,p=1$yMBLH3uaPIPL6yOq6uuGug$YAfJwLBxfOnqLSyhTsrxQA"
	hashSHA256    = "bcrypt_sha256$$2b$04$qcx3CFD.9l4wjL0iVblaMegKUGA2SoKLHJhX7XXlLO3YqayrtllsG"
	hashPlainMD5  = "5f4dcc3b5aa765d61d8327deb882cf99"
	hashTooCostly = "$2b$15$6.vvnUK47TGBTx4JA9ZmJOEtmZG3bdKWhdX8uj1u01f.w.V3SHwRa"
)

// importer is an import of some rows.
type importer struct {
	house
	rows    []store.ImportRow
	options store.ImportOptions
	// said are the renames, and bad the rows that did not come.
	said, bad []string
	// until, where set, breaks the import off before that row.
	until int
	// before, where set, is called before the second reading reaches a row.
	before func(row int)
}

// fromFile are rows with a username each, an address of it and a hash.
func (h house) fromFile(hash string, usernames ...string) *importer {
	i := &importer{house: h, options: store.ImportOptions{Scheme: secret.SchemeBcrypt, OldUntil: h.clock.Now().Add(180 * 24 * time.Hour), Name: "people.csv", Sum: "abc"}}
	for _, name := range usernames {
		address := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com"
		i.rows = append(i.rows, store.ImportRow{Line: len(i.rows) + 2, Username: name, Email: address, Name: "Person " + name, Hash: hash})
	}
	return i
}

var errBrokenOff = errors.New("broken off")

// run imports the rows, unless some are bad and that is not allowed.
func (i *importer) run(t *testing.T) (plan *store.ImportPlan, added int, err error) {
	t.Helper()
	i.said, i.bad = nil, nil
	i.options.Renamed = func(line int, from, to string) { i.said = append(i.said, fmt.Sprintf("%d %s %s", line, from, to)) }
	i.options.Rejected = func(row store.ImportRow, why string) { i.bad = append(i.bad, fmt.Sprintf("%d %s", row.Line, why)) }
	second := false
	rows := func() iter.Seq2[store.ImportRow, error] {
		return func(yield func(store.ImportRow, error) bool) {
			for n := 0; n < len(i.rows); n++ {
				row := i.rows[n]
				if second && i.before != nil {
					i.before(n)
				}
				if second && i.until > 0 && n == i.until {
					yield(store.ImportRow{}, errBrokenOff)
					return
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
	plan, err = i.CheckImport(t.Context(), rows, i.options)
	if err != nil || plan.Bad > 0 && !i.options.Skip {
		return plan, 0, err
	}
	second = true
	added, err = i.Import(t.Context(), rows, plan, Operator)
	return plan, added, err
}

// brings requires that so many came.
func (i *importer) brings(t *testing.T, want int) *store.ImportPlan {
	t.Helper()
	plan, added, err := i.run(t)
	must(t, err)
	if added != want {
		t.Fatalf("%d came, want %d: %+v %v", added, want, plan, i.bad)
	}
	return plan
}

// says requires what was said of rows.
func says(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("said:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// enters says whether somebody signs in with a password.
func (h house) enters(t *testing.T, username, password string) bool {
	t.Helper()
	_, err := h.Authenticate(t.Context(), username, password, From)
	if err == nil {
		return true
	}
	if !errors.Is(err, store.ErrWrongLogin) {
		refused(t, err)
	}
	return false
}

// column is a column of somebody's row.
func (h house) column(t *testing.T, name, username string) (value string) {
	t.Helper()
	must(t, h.db.Read.QueryRow(`SELECT coalesce(CAST(`+name+` AS TEXT), '') FROM users WHERE username = $1`, username).Scan(&value))
	return value
}

func importsPeople(t *testing.T, h house) {
	i := h.fromFile(hashBcrypt, "Ada", "grace", "mary")
	i.rows[1].Name = "Grace Brewster Murray Hopper"
	i.brings(t, 3)
	if h.enters(t, "ada", "wrong") || !h.enters(t, "ada", oldPassword) || !h.enters(t, "grace@example.com", oldPassword) {
		t.Error("old passwords are not as they were")
	}
	if got := h.column(t, "password_scheme", "ada"); got != secret.SchemeHMAC || h.column(t, "password_kind", "ada") != "" || h.column(t, "password_until", "ada") != "" {
		t.Errorf("Ada's password is stored as %q", got)
	}
	if got := h.column(t, "password_kind", "mary"); got != "bcrypt" {
		t.Errorf("Mary's is of the kind %q", got)
	}
	if !h.enters(t, "ada", oldPassword) {
		t.Error("Ada can't sign in again")
	}
	// A search finds them as everybody.
	if got := h.column(t, "name_turned", "grace"); !strings.HasPrefix(got, "hopper") {
		t.Errorf("Grace's name is folded to %q", got)
	}
	user := h.find(t, "mary")
	if user.Verified() || !user.HasPassword || user.Role != "" {
		t.Errorf("%+v", user)
	}
}

func importsKinds(t *testing.T, h house) {
	for name, hash := range map[string]string{"bcrypt": hashBcrypt, "django": hashDjango, "werkzeug": hashWerkzeug, "argon": hashArgon2, "sha256": hashSHA256} {
		h.fromFile(hash, "with-"+name).brings(t, 1)
	}
	if n, err := h.CountOldPasswords(t.Context()); err != nil || n != 5 {
		t.Errorf("%d, %v", n, err)
	}
	for _, name := range []string{"bcrypt", "django", "werkzeug", "argon", "sha256"} {
		who := "with-" + name
		if h.enters(t, who, oldPassword+"x") || !h.enters(t, who, oldPassword) {
			t.Errorf("%s: the password is not as it was", name)
		}
		if got := h.column(t, "password_scheme", who); got != secret.SchemeHMAC || h.column(t, "password_kind", who) != "" {
			t.Errorf("%s is stored as %s", name, got)
		}
	}
	if n, err := h.CountOldPasswords(t.Context()); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}

func importsAllOrNothing(t *testing.T, h house) {
	before := h.dump(t)
	i := h.fromFile(hashBcrypt, "ada", "grace", "not a username")
	plan, added, err := i.run(t)
	if err != nil || added != 0 || plan.Bad != 1 || plan.Add != 2 {
		t.Errorf("%+v, %d, %v", plan, added, err)
	}
	if h.dump(t) != before {
		t.Error("something was written")
	}
	says(t, i.bad, "4 Only a to z, digits, hyphen, underscore.")
	i.options.Skip = true
	i.brings(t, 2)
	h.count(t, "users", 2)
	if plan, added, err := i.run(t); err != nil || added != 0 || plan.Present != 2 {
		t.Errorf("again: %+v, %d, %v", plan, added, err)
	}
	h.count(t, "users", 2)
}

func importsAgain(t *testing.T, h house) {
	var names []string
	for n := range 450 {
		names = append(names, fmt.Sprintf("person-%03d", n))
	}
	i := h.fromFile(hashBcrypt, names...)
	i.rows[7].Username = "Person Number Seven"
	i.options.Rename = true
	i.until = 430
	if _, added, err := i.run(t); !errors.Is(err, errBrokenOff) || added != 400 {
		t.Fatalf("%d, %v", added, err)
	}
	h.count(t, "users", 400)
	i.until = 0
	if plan := i.brings(t, 50); plan.Present != 400 {
		t.Errorf("%+v", plan)
	}
	h.count(t, "users", 450)
	if plan := i.brings(t, 0); plan.Present != 450 || plan.Bad != 0 {
		t.Errorf("%+v %v", plan, i.bad)
	}
	h.find(t, "person-number-seven")
	// A file that changed under the import is noticed.
	short := h.fromFile(hashBcrypt, "aaa", "bbb")
	short.before = func(int) { short.rows = short.rows[:1] }
	if _, _, err := short.run(t); err == nil {
		t.Error("a shorter file is not noticed")
	}
}

func importsNoDoubles(t *testing.T, h house) {
	i := h.fromFile(hashBcrypt, "ada", "grace", "ADA", "mary")
	i.rows[2].Email = "other@example.com"
	i.rows[3].Email = "GRACE@EXAMPLE.com"
	i.rows = append(i.rows, store.ImportRow{Line: 9, Bad: "the line is not UTF-8"}, store.ImportRow{Line: 10, Username: "olga"}, store.ImportRow{Line: 11, Username: "olga", Email: "olga@example.org", Name: "Olga\u202e"})
	plan, _, err := i.run(t)
	must(t, err)
	says(t, i.bad, "9 the line is not UTF-8", "10 Enter your email address.",
		"11 Your name contains an invisible character, such as a line break. Type it instead of pasting it.",
		"4 the username is that of line 2", "5 the email address is that of line 3")
	if plan.Rows != 7 || plan.Add != 2 || len(plan.Reasons) != 5 {
		t.Errorf("%+v", plan)
	}
	h.member(t, "ada")
	other := h.fromFile(hashBcrypt, "ada", "countess")
	other.rows[0].Email = "lovelace@example.com"
	other.rows[1].Email = "ada@example.com"
	_, _, err = other.run(t)
	must(t, err)
	says(t, other.bad, "2 the username is taken", "3 the email address has an account already, with another username")
}

func importsWithoutPasswords(t *testing.T, h house) {
	i := h.fromFile("", "none", "costly", "md5", "huge")
	i.rows[1].Hash, i.rows[2].Hash, i.rows[3].Hash = hashTooCostly, hashPlainMD5, "pbkdf2:sha256:1000$"+strings.Repeat("s", 1<<20)+"$abcd"
	plan := i.brings(t, 4)
	if len(plan.Without) != 3 || len(plan.Kinds) != 0 {
		t.Errorf("%+v", plan)
	}
	for _, name := range []string{"none", "costly", "md5", "huge"} {
		if user := h.find(t, name); user.HasPassword || h.enters(t, name, oldPassword) {
			t.Errorf("%s has a password", name)
		}
	}
	left := h.fromFile(hashBcrypt, "left-behind")
	left.options.WithoutPasswords = true
	left.brings(t, 1)
	if h.find(t, "left-behind").HasPassword {
		t.Error("a password came")
	}
}

func renames(t *testing.T, h house) {
	h.member(t, "grace-hopper")
	must(t, h.Store.RegisterPending(t.Context(), store.Registration{Username: "jean", Email: "jean@example.org", Password: Password}, "a browser", From))
	h.exec(t, `INSERT INTO reserved_usernames (username, user_id, until) VALUES ('mary', NULL, $1)`, h.clock.Now().UTC().Add(24*time.Hour))
	i := h.fromFile(hashBcrypt, "ada", "Ada", "admin", "Grace Hopper", "李", "x", strings.Repeat("w", 64), "Émilie du Châtelet", "--", "jean", "mary", "x-2")
	for n := range i.rows {
		i.rows[n].Email = fmt.Sprintf("p%d@example.com", n)
	}
	plan, _, err := i.run(t)
	must(t, err)
	if plan.Bad != 10 {
		t.Errorf("%d are bad: %v", plan.Bad, i.bad)
	}
	i.options.Rename = true
	i.brings(t, 12)
	says(t, i.said, "3 Ada ada-2", "4 admin admin-2", "5 Grace Hopper grace-hopper-2", "6 李 person-6", "7 x x-3",
		"8 "+strings.Repeat("w", 64)+" "+strings.Repeat("w", 32), "9 Émilie du Châtelet emilie-du-chatelet", "10 -- person-10", "11 jean jean-2", "12 mary mary-2")
	for _, name := range []string{"ada", "ada-2", "x-2", "x-3", "emilie-du-chatelet"} {
		if !h.enters(t, name, oldPassword) {
			t.Errorf("%s can't sign in", name)
		}
	}
	if plan := i.brings(t, 0); plan.Present != 12 {
		t.Errorf("again: %+v %v", plan, i.bad)
	}
}

func importsBesideOthers(t *testing.T, h house) {
	i := h.fromFile(hashBcrypt, "ada", "grace", "mary", "jean")
	i.options.Skip = true
	i.before = func(row int) {
		switch row {
		case 0:
			h.member(t, "ada")
		case 1:
			Register(t, h.Store, store.Registration{Username: "another", Email: "grace@example.com", Password: Password})
		case 2:
			h.exec(t, `INSERT INTO reserved_usernames (username, user_id, until) VALUES ('mary', NULL, $1)`, h.clock.Now().UTC().Add(24*time.Hour))
		}
	}
	_, added, err := i.run(t)
	must(t, err)
	if added != 1 || len(i.bad) != 3 {
		t.Errorf("%d came: %v", added, i.bad)
	}
	h.count(t, "users", 3)
}

func importsStates(t *testing.T, h house) {
	i := h.fromFile(hashBcrypt, "ada", "grace", "mary", "jean")
	born := h.clock.Now().UTC().Add(-1000 * 24 * time.Hour).Truncate(time.Microsecond)
	i.rows[0].CreatedAt, i.rows[0].VerifiedAt = born, born.Add(time.Hour)
	i.rows[1].DisabledAt, i.rows[2].Closed, i.rows[3].SecondStep = born, true, true
	plan := i.brings(t, 3)
	if plan.Closed != 1 {
		t.Errorf("%+v", plan)
	}
	if ada := h.find(t, "ada"); !ada.CreatedAt.Equal(born) || !ada.VerifiedAt.Equal(born.Add(time.Hour)) {
		t.Errorf("%+v", ada)
	}
	if !h.find(t, "grace").Disabled() || h.enters(t, "grace", oldPassword) {
		t.Error("Grace is not disabled")
	}
	if jean := h.find(t, "jean"); jean.HasPassword {
		t.Error("Jean's password alone signs her in")
	}
	alone := h.fromFile(hashBcrypt, "alone")
	alone.rows[0].SecondStep, alone.options.PasswordAlone = true, true
	alone.brings(t, 1)
	if !h.enters(t, "alone", oldPassword) {
		t.Error("the password was left behind")
	}
}

func importsRoles(t *testing.T, h house) {
	i := h.fromFile(hashBcrypt, "ada", "grace")
	i.rows[0].Role, i.rows[1].Role = store.RoleAdmin, "emperor"
	_, _, err := i.run(t)
	must(t, err)
	says(t, i.bad, "2 the role is admin; take roles over with --roles", `3 there is no role "emperor"`)
	i.rows = i.rows[:1]
	i.options.Roles = true
	i.brings(t, 1)
	if got := h.find(t, "ada").Role; got != store.RoleAdmin {
		t.Errorf("Ada is %q", got)
	}
}

func importsAlone(t *testing.T, h house) {
	i, other := h.fromFile(hashBcrypt, "ada"), h.fromFile(hashBcrypt, "grace")
	i.before = func(int) {
		if _, _, err := other.run(t); !errors.Is(err, store.ErrImporting) {
			t.Errorf("another one: %v", err)
		}
	}
	i.brings(t, 1)
	other.brings(t, 1) // at once
	h.exec(t, `INSERT INTO locks (name, at) VALUES ('import', $1)`, h.clock.Now().UTC())
	third := h.fromFile(hashBcrypt, "mary")
	h.clock.Move(59 * time.Second)
	if _, _, err := third.run(t); !errors.Is(err, store.ErrImporting) {
		t.Errorf("after 59 seconds: %v", err)
	}
	h.clock.Move(2 * time.Second)
	third.brings(t, 1)
	// Whoever was thought dead and is not, stops.
	fourth := h.fromFile(hashBcrypt, "jean")
	fourth.before = func(int) {
		h.exec(t, `UPDATE locks SET at = $1 WHERE name = 'import'`, h.clock.Now().UTC().Add(time.Second))
	}
	if _, _, err := fourth.run(t); !errors.Is(err, store.ErrImporting) {
		t.Errorf("%v", err)
	}
	h.count(t, "users", 3)
}

func endsOldPasswords(t *testing.T, h house) {
	h.fromFile(hashBcrypt, "ada", "grace").brings(t, 2)
	h.fromFile(hashDjango, "mary").brings(t, 1)
	if !h.enters(t, "ada", oldPassword) {
		t.Fatal("Ada can't sign in")
	}
	h.clock.Move(180*24*time.Hour - time.Second)
	if n, err := Prune(t.Context(), h.Store, "passwords of earlier systems", 100); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	h.clock.Move(2 * time.Second)
	if n, err := Prune(t.Context(), h.Store, "passwords of earlier systems", 100); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
	for name, want := range map[string]bool{"ada": true, "grace": false, "mary": false} {
		if h.find(t, name).HasPassword != want || h.enters(t, name, oldPassword) != want {
			t.Errorf("%s: want %v", name, want)
		}
	}
	h.fromFile(hashBcrypt, "jean").brings(t, 1)
	if n, err := h.DropOldPasswords(t.Context(), Operator); err != nil || n != 1 || h.find(t, "jean").HasPassword {
		t.Errorf("%d, %v", n, err)
	}
}

func knowsKinds(t *testing.T, h house) {
	beside := h.copied(t)
	h.fromFile(hashArgon2, "ada").brings(t, 1)
	for _, site := range []house{h, beside} {
		if !site.enters(t, "ada", oldPassword) {
			t.Error("Ada can't sign in")
		}
		h.exec(t, `UPDATE users SET password_scheme = 'argon2id', password_hash = $1 WHERE username = 'ada'`, hashArgon2)
	}
	h.exec(t, `UPDATE users SET password_kind = '$argon2id$v=19$m=256,t=2,p=1' WHERE username = 'ada'`)
	second := "$argon2id$v=19$m=512,t=2,p=1" + hashArgon2[len("$argon2id$v=19$m=256,t=2,p=1"):]
	h.fromFile(hashWerkzeug, "grace").brings(t, 1)
	h.fromFile(second, "mary").brings(t, 1)
	third := h.fromFile("$argon2id$v=19$m=1024,t=2,p=1"+hashArgon2[len("$argon2id$v=19$m=256,t=2,p=1"):], "jean")
	if _, _, err := third.run(t); err == nil || !strings.Contains(err.Error(), "4 memory-hard kinds") {
		t.Errorf("%v", err)
	}
	h.fromFile(hashDjango, "olga").brings(t, 1) // which is not memory-hard
}

func exportsPeople(t *testing.T, h house) {
	i := h.fromFile(hashDjango, "ada", "grace")
	i.rows[1].DisabledAt, i.rows[1].Name = h.clock.Now().UTC().Truncate(time.Microsecond), "=Grace"
	i.brings(t, 2)
	own := h.member(t, "mary")
	var out []store.ExportedUser
	n, err := h.ExportUsers(t.Context(), false, Operator, func(u store.ExportedUser) error { out = append(out, u); return nil })
	must(t, err)
	for _, u := range out {
		if u.Password != "" {
			t.Errorf("%s leaves with a hash", u.Username)
		}
	}
	if n != 3 || len(out) != 3 {
		t.Errorf("%d, %d", n, len(out))
	}
	out = nil
	_, err = h.ExportUsers(t.Context(), true, Operator, func(u store.ExportedUser) error { out = append(out, u); return nil })
	must(t, err)
	other := open(t, h.kind)
	back := other.fromFile("")
	for _, u := range out {
		back.rows = append(back.rows, store.ImportRow{
			Line: len(back.rows) + 1, Username: u.Username, Email: u.Email, Name: u.Name, Hash: u.Password,
			CreatedAt: u.CreatedAt, VerifiedAt: u.VerifiedAt, DisabledAt: u.DisabledAt,
		})
	}
	back.brings(t, 3)
	if !other.enters(t, "mary", Password) || !other.enters(t, "ada", oldPassword) || other.enters(t, "grace", oldPassword) {
		t.Error("passwords are not as they were")
	}
	if got := other.find(t, "mary"); got.Email != own.Email || !got.CreatedAt.Equal(own.CreatedAt) || other.column(t, "password_kind", "mary") != "" {
		t.Errorf("%+v", got)
	}
	stop := errors.New("enough")
	if _, err := h.ExportUsers(t.Context(), false, Operator, func(store.ExportedUser) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

func recordsImports(t *testing.T, h house) {
	h.fromFile(hashBcrypt, "ada", "grace").brings(t, 2)
	events, _, err := h.Events(t.Context(), h.find(t, "ada"), 0)
	must(t, err)
	if len(events) != 1 || events[0].Name != store.EventRegistered || events[0].Detail != store.DetailImported || !events[0].Operator {
		t.Errorf("%+v", events)
	}
	audit, err := h.Audit(t.Context(), store.Sought{})
	must(t, err)
	if deeds := audit.Rows; len(deeds) != 1 || deeds[0].Detail != "imported people.csv, SHA-256 abc: 2 of 2 rows" || deeds[0].SubjectID != 0 {
		t.Errorf("%+v", deeds)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.CheckImport(ctx, func() iter.Seq2[store.ImportRow, error] {
		return func(yield func(store.ImportRow, error) bool) { yield(store.ImportRow{}, nil) }
	}, store.ImportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
