package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/store"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

// sharedSecret is what copies of a site on PostgreSQL have in common, otherSecret another one.
var (
	sharedSecret = base64.StdEncoding.EncodeToString(make([]byte, secret.Length))
	otherSecret  = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, secret.Length))
)

// away are flags of a site that is no developer's: it has no mailbox.
var away = []string{"--base-url", "https://accounts.example.com"}

// A second step needs a secret also where no letter does.
func TestTheSecretIsMadeWithoutMail(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite.New(t)
	launch(t, database, away...).stop()
	made, err := os.ReadFile(database + ".secret")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readSecret(string(made)); err != nil {
		t.Error(err)
	}
	launch(t, database, away...).stop()
	kept, err := os.ReadFile(database + ".secret")
	if err != nil || !bytes.Equal(kept, made) {
		t.Errorf("the next start replaced the secret: %v", err)
	}
}

// Each copy on PostgreSQL would make a secret of its own, so none does, and nobody is offered
// what would need one.
func TestOnPostgreSQLNoSecretIsMade(t *testing.T) {
	t.Parallel()
	const said = "there is no --secret: nobody can have a second step or a passkey, and staff are asked for none; set one, the same for all copies\n"
	database, folder := storetest.PostgreSQL.New(t), t.TempDir()
	for _, c := range []struct {
		name  string
		flags []string
		told  bool
	}{
		{"without a secret", away, true},
		{"with one", append([]string{"--secret", sharedSecret}, away...), false},
	} {
		p := launchIn(t, folder, database, c.flags...)
		p.stop()
		if strings.Contains(p.out.String(), said) != c.told {
			t.Errorf("%s: stdout is %q; it says so: %v, want %v", c.name, p.out.String(), !c.told, c.told)
		}
		if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
			t.Errorf("%s: left %v, %v", c.name, files, err)
		}
	}
	launchIn(t, folder, database).stop()
	if _, err := os.Stat(filepath.Join(folder, "gatehouse.secret")); err != nil {
		t.Errorf("a developer's machine has no secret: %v", err)
	}
}

// Whoever set a second step up is not let in without it, and not kept out unseen.
func TestServeRefusesASecondStepItCannotAskFor(t *testing.T) {
	t.Parallel()
	const (
		other   = "gatehouse: The authenticator apps in this database were sealed with another --secret. Set that one, or run gatehouse factor drop-unreadable; their owners then sign in with a recovery code.\n"
		missing = "gatehouse: FILE is missing, and the authenticator apps in this database were sealed with it: put it back; if it is lost, run gatehouse factor drop-unreadable, and their owners sign in with a recovery code\n"
		none    = "gatehouse: people here have a second step or a passkey, which need --secret: set the one that this site had; if it is lost, set a new one and run gatehouse factor drop-unreadable\n"
	)
	drop := []string{"factor", "drop-unreadable"}
	for _, c := range []struct {
		name string
		kind storetest.Database
		// lost are the flags with which nobody is served, found those that help.
		lost, found []string
		want        string
		// answer is what drop-unreadable is told, with the flags of now, and then those with
		// which the site goes on.
		answer    string
		now, then []string
	}{
		{"a lost file", storetest.SQLite, away, secretOf(sharedSecret), missing, dropAll, nil, away},
		{"another file", storetest.SQLite, secretOf(otherSecret), secretOf(sharedSecret), other, dropAnswer, secretOf(otherSecret), secretOf(otherSecret)},
		{"none on PostgreSQL", storetest.PostgreSQL, away, secretOf(sharedSecret), none, dropAnswer, secretOf(otherSecret), secretOf(otherSecret)},
		{"another on PostgreSQL", storetest.PostgreSQL, secretOf(otherSecret), secretOf(sharedSecret), other, dropAnswer, secretOf(otherSecret), secretOf(otherSecret)},
		{"a lost file of a developer", storetest.PostgreSQL, nil, secretOf(sharedSecret), missing, dropAll, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			database, folder, file := c.kind.New(t), t.TempDir(), "gatehouse.secret"
			if c.kind.Name == storetest.SQLite.Name {
				folder, file = filepath.Dir(database), database+".secret"
			}
			s := migrated(t, c.kind, database)
			codes := setUpApp(t, s, storetest.Ada())

			refused := serveIn(folder, database, c.lost...)
			if want := strings.Replace(c.want, "FILE", file, 1); refused.status != exitFailed || refused.err != want {
				t.Errorf("exit status %d, says %q; want %d, %q", refused.status, refused.err, exitFailed, want)
			}
			if made, err := filepath.Glob(filepath.Join(folder, "*.secret")); err != nil || len(made) > 0 {
				t.Errorf("made %v, %v, which hides what is to be put back", made, err)
			}
			// The secret that comes back is all that is needed.
			launchIn(t, folder, database, c.found...).stop()
			if f := factorsIn(t, s); f.AppAt.IsZero() || f.CodesLeft() != len(codes) {
				t.Errorf("after a start that was refused there are %+v", f)
			}
			// If it never does, the codes are left.
			out := commandIn(folder, c.answer+"\n", append(append(drop, "--database", database), c.now...)...)
			if out.status != exitDone || out.out != "removed 1 authenticator apps; their owners sign in with a recovery code\n" {
				t.Fatalf("%+v", out)
			}
			launchIn(t, folder, database, c.then...).stop()
			if f := factorsIn(t, s); !f.AppAt.IsZero() || f.CodesLeft() != len(codes) {
				t.Errorf("after its app was removed Ada has %+v", f)
			}
			user := findAda(t, s)
			e := store.ByPassword(user)
			if e.Missing() != store.SecondStep {
				t.Error("the password alone signs Ada in")
			}
			e, err := s.EnterCode(t.Context(), e, store.KindRecovery, codes[0], storetest.From)
			if err == nil {
				_, err = s.SignIn(t.Context(), e, storetest.From)
			}
			if err != nil {
				t.Errorf("the recovery code: %v", err)
			}
		})
	}
}

// Codes need no secret, but the pages that ask for them are off without one.
func TestOnPostgreSQLCodesAloneNeedASecret(t *testing.T) {
	t.Parallel()
	database, folder := storetest.PostgreSQL.New(t), t.TempDir()
	s := migrated(t, storetest.PostgreSQL, database)
	setUpApp(t, s, storetest.Ada())
	if out := commandIn(folder, "", "factor", "drop-unreadable", "--yes", "--database", database, "--secret", otherSecret); out.status != exitDone {
		t.Fatalf("%+v", out)
	}
	if refused := serveIn(folder, database, away...); refused.status != exitFailed || !strings.Contains(refused.err, "people here have a second step or a passkey") {
		t.Errorf("%+v", refused)
	}
	launchIn(t, folder, database, append(secretOf(otherSecret), away...)...).stop()
}

func TestProgramsThatStartAtOnceMakeOneSecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gatehouse.db.secret")
	secrets := make([]string, 20)
	var group sync.WaitGroup
	for i := range secrets {
		group.Go(func() {
			secret, err := makeSecret(path)
			if err != nil {
				t.Errorf("make a secret: %v", err)
			}
			secrets[i] = string(secret)
		})
	}
	group.Wait()
	for _, key := range secrets {
		if len(key) != secret.Length || key != secrets[0] {
			t.Fatal("two programs have different secrets")
		}
	}
	files, err := os.ReadDir(filepath.Dir(path))
	info, failed := os.Stat(path)
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || info.Mode().Perm() != 0o600 {
		t.Errorf("there are %d files, and the secret has mode %v", len(files), info.Mode().Perm())
	}
}

// secretOf are the flags of a site with that secret.
func secretOf(key string) []string { return []string{"--secret", key} }

// ran is how a command ended, and what it said.
type ran struct {
	status   int
	out, err string
}

// commandIn runs a command in a folder, with something to read on stdin. One that serves
// instead of refusing is ended.
func commandIn(folder, typed string, args ...string) ran {
	cmd := gatehouse(args...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = folder, strings.NewReader(typed), &out, &said
	err := cmd.Start()
	if err == nil {
		defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop() //nolint:errcheck // it may have ended
		err = cmd.Wait()
	}
	r := ran{0, out.String(), said.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		r.status = exit.ExitCode()
	} else if err != nil {
		r.status, r.err = -1, err.Error()
	}
	return r
}

// serveIn is a start in a folder that is to be refused.
func serveIn(folder, database string, flags ...string) ran {
	return commandIn(folder, "", append(serveArgs(database), flags...)...)
}

// migrated opens the store of a database that is migrated first. Its secret is the shared one.
func migrated(t *testing.T, kind storetest.Database, database string) *store.Store {
	t.Helper()
	db := kind.Open(t, database)
	if _, err := db.Migrate(t.Context(), product(&handlers.Site{}).Migrations); err != nil {
		t.Fatal(err)
	}
	return storetest.New(t, db.Accounts(), storetest.NewClock())
}

// setUpApp makes an account with a second step, and returns its recovery codes.
func setUpApp(t *testing.T, s *store.Store, r store.Registration) []string {
	t.Helper()
	user := storetest.Register(t, s, r)
	n, err := s.SignIn(t.Context(), store.ByPassword(user), storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	code := secret.AppCode(s.AppKey(n, user), secret.AppStepAt(s.Now()))
	_, codes, err := s.SetUpApp(t.Context(), n, user, code, storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

func findAda(t *testing.T, s *store.Store) store.User {
	t.Helper()
	user, err := s.Find(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func factorsIn(t *testing.T, s *store.Store) store.Factors {
	t.Helper()
	f, err := s.Factors(t.Context(), findAda(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return f
}
