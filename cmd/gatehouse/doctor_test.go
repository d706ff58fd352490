package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// examined is what doctor says of a site, by the names of its checks, with its status. It says the same
// in both forms.
func examined(t *testing.T, variables []string, args ...string) (map[string]finding, int) {
	t.Helper()
	run := func(args ...string) (string, int) {
		t.Helper()
		cmd := gatehouse(append([]string{"doctor"}, args...)...)
		cmd.Env = append(cmd.Env, variables...)
		out, err := cmd.Output()
		if err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	said, status := run(slices.Concat(args, []string{"--json"})...)
	var report struct {
		OK     bool
		Checks []finding
	}
	if err := json.Unmarshal([]byte(said), &report); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	text, again := run(args...)
	if status != again || report.OK != (status == exitDone) {
		t.Errorf("%v: status %d, and with --json %d; ok is %v", args, again, status, report.OK)
	}
	found := map[string]finding{}
	for _, f := range report.Checks {
		if f.State != stateOK && strings.ContainsAny(f.Says, "%") {
			t.Errorf("%+v", f)
		}
		found[f.Name] = f
		if line := fmt.Sprintf("%-5s  %-8s  ", f.State, f.Name); !strings.Contains(text, line) {
			t.Errorf("%q is not in\n%s", line, text)
		}
	}
	return found, status
}

// doctorCase is something that is not as it should be, what doctor calls it, and part of what it says.
type doctorCase struct {
	prepare   func(t *testing.T, w *idleSite)
	args      []string
	variables []string
	check     string
	state     state
	says      string
}

// idleSite is a site that nobody serves.
type idleSite struct {
	folder, database string
	kind             storetest.Database
	args             []string
	variables        []string
}

func byHand(statement string, args ...any) func(*testing.T, *idleSite) {
	return func(t *testing.T, w *idleSite) {
		t.Helper()
		db := w.kind.Open(t, w.database)
		if _, err := db.Accounts().Write.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func withMode(name string, mode os.FileMode) func(*testing.T, *idleSite) {
	return func(t *testing.T, w *idleSite) {
		t.Helper()
		if err := os.Chmod(filepath.Join(w.folder, name), mode); err != nil {
			t.Fatal(err)
		}
	}
}

// agedBackup makes a backup of that age, and changes it.
func agedBackup(age time.Duration, change func(path string) error) func(*testing.T, *idleSite) {
	return func(t *testing.T, w *idleSite) {
		t.Helper()
		folder := filepath.Join(w.folder, "backups")
		says(t, append([]string{"backup", folder + "/", "--database", w.database}, forTests...)...)
		names, err := backups(folder)
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		path := filepath.Join(folder, "gatehouse-"+time.Now().Add(-age).UTC().Format(backupTime)+".db")
		if err := os.Rename(filepath.Join(folder, names[0]), path); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			if err := change(path); err != nil {
				t.Fatal(err)
			}
		}
		w.args = append(w.args, "--backup-to", folder)
	}
}

// damage overwrites the middle of a file.
func damage(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteAt(make([]byte, 20<<10), 40<<10)
	return err
}

// doctorCases are what can be wrong with a site on SQLite.
var doctorCases = map[string]doctorCase{
	"a misspelled variable":      {variables: []string{"GATEHOUSE_BASEURL=https://example.com"}, check: "settings", state: stateWrong, says: "GATEHOUSE_BASEURL is no setting"},
	"a variable of nobody":       {variables: []string{"GATEHOUSE_COLOUR=green"}, check: "settings", state: stateLook, says: "GATEHOUSE_COLOUR"},
	"a refused setting":          {args: []string{"--closed-days=-1"}, check: "settings", state: stateWrong, says: "--closed-days must be"},
	"links to one's own machine": {args: []string{"--listen", "0.0.0.0:80"}, check: "base-url", state: stateWrong, says: "links lead people to localhost"},
	"a site without a name":      {args: []string{"--base-url", "https://192.0.2.1"}, check: "base-url", state: stateLook, says: "has no name"},
	"a port of its own":          {args: []string{"--base-url", "https://accounts.example.com:8443"}, check: "base-url", state: stateLook, says: "has a port"},
	"no proxy is named":          {args: away, check: "proxy", state: stateWrong, says: "for one person"},
	"everybody is a proxy":       {args: append([]string{"--trusted-proxy", "10.0.0.0/8,0.0.0.0/0"}, away...), check: "proxy", state: stateWrong, says: "0.0.0.0/0 believes everybody"},
	"strangers are proxies":      {args: append([]string{"--trusted-proxy", "203.0.113.0/24"}, away...), check: "proxy", state: stateLook, says: "203.0.113.0/24 is a public network"},
	"no database": {prepare: func(t *testing.T, w *idleSite) {
		w.args = []string{"--database", filepath.Join(w.folder, "nowhere.db")}
	}, check: "database", state: stateLook, says: "there is no database at"},
	"a damaged database": {prepare: func(t *testing.T, w *idleSite) { must(t, damage(w.database)) }, check: "database", state: stateWrong, says: "damage"},
	"no database but a text": {prepare: func(t *testing.T, w *idleSite) {
		must(t, os.WriteFile(w.database, []byte(strings.Repeat("text", 9999)), 0o600))
	}, check: "database", state: stateWrong, says: "not a database"},
	"half a restore": {prepare: func(t *testing.T, w *idleSite) {
		must(t, os.WriteFile(w.database+restoringEnding, []byte(`""`), 0o600))
	}, check: "database", state: stateWrong, says: "was broken off"},
	"an older database": {prepare: byHand(`DELETE FROM migrations WHERE version = (SELECT max(version) FROM migrations)`), check: "schema", state: stateWrong, says: "older than this program"},
	"a newer database":  {prepare: byHand(`INSERT INTO migrations VALUES (9999, 'later.sql')`), check: "schema", state: stateWrong, says: "newer version"},
	"another secret":    {args: secretOf("b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVybyE="), check: "secret", state: stateWrong, says: "another secret"},
	"a secret of another length": {prepare: func(t *testing.T, w *idleSite) {
		must(t, os.WriteFile(w.database+".secret", []byte("c2hvcnQ="), 0o600))
	}, check: "secret", state: stateWrong, says: "32 bytes"},
	"no secret":                  {prepare: func(t *testing.T, w *idleSite) { must(t, os.Remove(w.database+".secret")) }, check: "secret", state: stateWrong, says: "missing"},
	"others read the database":   {prepare: withMode("gatehouse.db", 0o604), check: "files", state: stateWrong, says: "others can read"},
	"others read the secret":     {prepare: withMode("gatehouse.db.secret", 0o604), check: "files", state: stateWrong, says: "others can read"},
	"others read a backup":       {prepare: agedBackup(0, func(path string) error { return os.Chmod(path, 0o644) }), check: "files", state: stateWrong, says: "others can read"},
	"a server that is not there": {args: append([]string{"--smtp", "smtp://127.0.0.1:1"}, away...), check: "mail", state: stateWrong, says: "connection refused"},
	"no mail server":             {args: away, check: "mail", state: stateLook, says: "there is no mail server"},
	"no backup":                  {check: "backup", state: stateLook, says: "there is no backup"},
	"an old backup":              {prepare: agedBackup(50*time.Hour, nil), check: "backup", state: stateWrong, says: "2 days old"},
	"a damaged backup":           {prepare: agedBackup(0, damage), check: "backup", state: stateWrong, says: "is damaged"},
	"passkeys of another domain": {prepare: byHand(`INSERT INTO passkeys SELECT x'01', id, 'h', 'old.example.com', 'Key', x'01', '', '', 0, FALSE, FALSE, TRUE, created_at, NULL FROM users`), args: away, check: "passkeys", state: stateWrong, says: "old.example.com"},
	"what should have gone":      {prepare: byHand(`INSERT INTO tokens (hash, purpose, email, email_key, epoch, created_at, expires_at) VALUES ('x', 'invite', 'a@example.com', 'a@example.com', 0, $1, $1)`, time.Now().Add(-30*time.Hour).UTC()), check: "events", state: stateLook, says: "tokens"},
	"a letter that waits":        {prepare: byHand(`INSERT INTO letters (kind, address, sealed, created_at, expires_at, due_at) VALUES ('reset', 'x', x'01', $1, $1, $1)`, time.Now().Add(-20*time.Minute).UTC()), args: away, check: "mail", state: stateLook, says: "a letter has waited for 2"},
	"letters of somebody else":   {args: append([]string{"--mail-from", "us@letters.example.net"}, away...), check: "mail", state: stateLook, says: "letters come from us@letters.example.net"},
	"a log that grows": {prepare: func(t *testing.T, w *idleSite) {
		must(t, os.WriteFile(w.database+"-wal", nil, 0o600))
		must(t, os.Truncate(w.database+"-wal", logMax+1))
	}, check: "database", state: stateLook, says: "keeps a reader open"},
	"others read the environment": {prepare: func(t *testing.T, w *idleSite) {
		must(t, os.WriteFile(filepath.Join(w.folder, "env"), nil, 0o644))
		w.args = append(w.args, "--env-file", filepath.Join(w.folder, "env"))
	}, check: "files", state: stateWrong, says: "others can read"},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newIdleSite makes a site with a person who has an app.
func newIdleSite(t *testing.T) *idleSite {
	t.Helper()
	w := &idleSite{folder: t.TempDir(), kind: storetest.SQLite}
	w.database = filepath.Join(w.folder, "gatehouse.db")
	must(t, os.WriteFile(w.database+".secret", []byte(sharedSecret+"\n"), 0o600))
	db := w.kind.Open(t, w.database)
	if _, err := db.Migrate(t.Context(), product(&handlers.Site{}).Migrations); err != nil {
		t.Fatal(err)
	}
	setUpApp(t, storetest.New(t, db.Accounts(), storetest.NewClock()), storetest.Ada())
	must(t, db.Close())
	w.args = []string{"--database", w.database}
	return w
}

// Whatever one thing is wrong, its check says so and no other does, in both forms and by the status.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{}).Start(t)
	for name, c := range doctorCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newIdleSite(t)
			if c.prepare != nil {
				c.prepare(t, w)
			}
			args := slices.Concat(w.args, c.args)
			if c.check != "mail" || c.state == stateLook && c.says != "there is no mail server" {
				args = append(args, "--smtp", "smtp://"+server.Addr)
			}
			found, status := examined(t, append(w.variables, c.variables...), args...)
			got := found[c.check]
			if got.State != c.state || !strings.Contains(got.Says, c.says) {
				t.Errorf("%+v, want %s and %q", got, c.state, c.says)
			}
			if (status == exitFailed) != slices.ContainsFunc(checkNames(found), func(n string) bool { return found[n].State == stateWrong }) {
				t.Errorf("status %d of %+v", status, found)
			}
			for other, f := range found {
				// Without the database, its name or its proxy more is amiss.
				if other != c.check && f.State == stateWrong && other != "proxy" && other != "backup" {
					t.Errorf("also %+v", f)
				}
			}
		})
	}
}

func checkNames(found map[string]finding) (list []string) {
	for name := range found {
		list = append(list, name)
	}
	return list
}

// A site that is well is found well, at rest and while it is served, and nothing of it is changed.
func TestDoctorChangesNothing(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	agedBackup(time.Hour, nil)(t, w)
	server := (&mailtest.Server{}).Start(t)
	args := slices.Concat(w.args, []string{"--smtp", "smtp://" + server.Addr, "--trusted-proxy", "127.0.0.1"}, away)
	well := func(when string) {
		t.Helper()
		before := filesIn(t, w.folder)
		found, status := examined(t, nil, args...)
		if after := filesIn(t, w.folder); after != before {
			t.Errorf("%s files changed from\n%s\nto\n%s", when, before, after)
		}
		for _, f := range found {
			if f.State != stateOK {
				t.Errorf("%s: %+v", when, f)
			}
		}
		if status != exitDone || len(found) != 13 {
			t.Errorf("%s: status %d, %d checks: %v", when, status, len(found), checkNames(found))
		}
	}
	well("at rest")
	p := launch(t, w.database, args[2:]...)
	p.caller().get("/readyz").is(t, http.StatusOK)
	well("served")
	p.signal(9)
	p.end()
	well("killed")
	if got := server.Arrived(); got != 0 {
		t.Errorf("%d letters were sent", got)
	}
	found, _ := examined(t, nil, append(args, "--mail", "me@example.com")...)
	if f := found["mail"]; f.State != stateOK || !strings.Contains(f.Says, "took a letter to me@example.com") {
		t.Errorf("%+v", f)
	}
	if got := server.Received(); len(got) != 2 || got[0].To[0] != "me@example.com" {
		t.Errorf("received %+v", got)
	}
}

// files are what lies in a folder, with the digest of each.
func filesIn(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	must(t, filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "-shm") { // whose marks of readers come and go
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s %x\n", path, sha256.Sum256(text))
		return err
	}))
	return all.String()
}

// On PostgreSQL the server is asked.
func TestDoctorOnPostgreSQL(t *testing.T) {
	t.Parallel()
	database := storetest.PostgreSQL.New(t)
	migrated(t, storetest.PostgreSQL, database)
	standby := storetest.Postgres(t).NewRole(t, `default_transaction_read_only = on`)
	for name, c := range map[string]doctorCase{
		"well":                    {args: secretOf(sharedSecret), check: "database", state: stateOK, says: "has room for"},
		"the same clock":          {args: secretOf(sharedSecret), check: "clock", state: stateOK, says: "the database"},
		"one that is read alone":  {args: append(secretOf(sharedSecret), "--database", database+"&user="+standby), check: "database", state: stateWrong, says: "takes nothing that is written"},
		"a pool that is too wide": {args: append(secretOf(sharedSecret), "--database", strings.Replace(database, "pool_max_conns=6", "pool_max_conns=5000", 1)), check: "database", state: stateWrong, says: "may open 5000"},
		"no secret":               {args: away, check: "secret", state: stateLook, says: "there is no secret"},
		"no server":               {args: []string{"--database", "postgres://ada:kestrel@127.0.0.1:1/people"}, check: "database", state: stateWrong, says: "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, _ := examined(t, nil, append([]string{"--database", database}, c.args...)...)
			if f := found[c.check]; f.State != c.state || !strings.Contains(f.Says, c.says) || strings.Contains(f.Says, "kestrel") {
				t.Errorf("%+v, want %s and %q", f, c.state, c.says)
			}
		})
	}
}

// A backup takes as much room as the database.
func TestDoctorKnowsTheRoomOnTheDisk(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "gatehouse.db")
	must(t, os.WriteFile(database, nil, 0o600))
	must(t, os.Truncate(database, 1e9))
	for free, want := range map[uint64]state{99e6: stateWrong, 0.9e9: stateWrong, 1.9e9: stateLook, 2.1e9: stateOK} {
		p := &patient{checked: checked{database: database}, free: func(string) (uint64, bool) { return free, true }}
		if f := checkDisk(t.Context(), p); f.State != want {
			t.Errorf("%d bytes left: %+v, want %s", free, f, want)
		}
	}
}

// Names of people may have any letters.
func TestDoctorKnowsTheEncodingOfTheServer(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	db := storetest.PostgreSQL.Open(t, cluster.URL("postgres"))
	if _, err := db.Accounts().Write.Exec(`CREATE DATABASE letters ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`); err != nil {
		t.Fatal(err)
	}
	found, _ := examined(t, nil, "--database", cluster.URL("letters"))
	if f := found["database"]; f.State != stateWrong || !strings.Contains(f.Says, "SQL_ASCII") {
		t.Errorf("%+v", f)
	}
}

// What the system lets the program do.
func TestDoctorKnowsItsLimits(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	for files, want := range map[string]state{"512": stateWrong, "2048": stateLook, "8192": stateOK} {
		cmd := exec.Command("sh", "-c", `ulimit -n "$0"; exec gatehouse doctor --database "$1"`, files, w.database)
		cmd.Env = gatehouse().Env
		out, _ := cmd.Output()
		if !strings.Contains(string(out), fmt.Sprintf("%-5s  limits", want)) {
			t.Errorf("%s files: %s", files, out)
		}
	}
	found, _ := examined(t, []string{"GOMAXPROCS=999"}, w.args...)
	if f := found["limits"]; f.State != stateLook || !strings.Contains(f.Says, "GOMAXPROCS is 999") {
		t.Errorf("%+v", f)
	}
}

// A check that fails or never ends is wrong by itself.
func TestDoctorOutlivesItsChecks(t *testing.T) {
	t.Parallel()
	p := &patient{}
	f := p.examineOne(t.Context(), check{do: func(context.Context, *patient) finding { panic("no") }})
	if f.State != stateWrong || !strings.Contains(f.Says, "the check failed") {
		t.Errorf("%+v", f)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f = p.examineOne(ctx, check{do: func(context.Context, *patient) finding { select {} }})
	if f.State != stateWrong || !strings.Contains(f.Says, "no answer") {
		t.Errorf("%+v", f)
	}
}

// Nothing that doctor says has a password in it.
func TestDoctorSaysNoSecret(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	for _, args := range [][]string{
		{"--database", "postgres://ada:kestrel@127.0.0.1:1/people"},
		{"--database", "postgres://127.0.0.1:1/people?user=ada&password=kestrel"},
		{"--database", "postgres:ada:kestrel@127.0.0.1/people"},
		{"--smtp", "smtp://ada:kestrel@127.0.0.1:1"},
		{"--smtp", "smpt://ada:kestrel@127.0.0.1:1"},
		{"--base-url", "https://ada:kestrel@example.com"},
		{"--secret", "kestrel"},
		{"--old-pepper", "kestrel"},
	} {
		got := commandIn(w.folder, "", slices.Concat([]string{"doctor"}, w.args, args)...)
		if strings.Contains(got.out+got.err, "kestrel") || got.out == "" {
			t.Errorf("%q: %+v", args, got)
		}
	}
}

// A file for services is read like the service reads it.
func TestDoctorReadsTheFileOfTheService(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	file := filepath.Join(w.folder, "env")
	must(t, os.WriteFile(file, []byte("# the site\nGATEHOUSE_LISTEN=\"0.0.0.0:80\"\nOTHER=x\nexport GATEHOUSE_DATABASE="+w.database+"\n"), 0o600))
	found, status := examined(t, nil, "--env-file", file)
	if f := found["base-url"]; f.State != stateWrong || !strings.Contains(f.Says, "0.0.0.0:80") || status != exitFailed || found["database"].State != stateOK {
		t.Errorf("%+v", found)
	}
	found, _ = examined(t, []string{"GATEHOUSE_LISTEN=127.0.0.1:8080"}, "--env-file", file)
	if f := found["base-url"]; f.State != stateOK {
		t.Errorf("what the environment says comes first: %+v", f)
	}
	if got := commandIn(w.folder, "", "doctor", "--env-file", "nowhere"); got.status != exitUsage {
		t.Errorf("%+v", got)
	}
}

// What is wrong is in the log of a site that starts, once, and it serves.
func TestServingLogsWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	must(t, os.Chmod(w.database, 0o604))
	p := launch(t, w.database, away...)
	log := p.log.String()
	for _, want := range []string{"msg=doctor check=files", "msg=doctor check=proxy"} {
		if strings.Count(log, want) != 1 {
			t.Errorf("%q is not once in\n%s", want, log)
		}
	}
	if strings.Contains(log, "check=backup") {
		t.Errorf("what one may look at is in the log:\n%s", log)
	}
}

// From outside: the certificate, the way here, and whom the site takes us for.
func TestDoctorLooksFromOutside(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	// What the proxy does to requests and answers.
	type habits struct {
		change func(r *http.Request)
		alter  func(http.Header)
	}
	var now atomic.Pointer[habits]
	var target atomic.Pointer[url.URL]
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		forward := &httputil.ReverseProxy{
			Rewrite: func(p *httputil.ProxyRequest) {
				p.SetURL(target.Load())
				p.Out.Host = p.In.Host
				now.Load().change(p.Out)
			},
			ModifyResponse: func(answer *http.Response) error { now.Load().alter(answer.Header); return nil },
		}
		forward.ServeHTTP(rw, r)
	}))
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	must(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw}), 0o600))
	trusting := []string{"SSL_CERT_FILE=" + authority}
	site := []string{"--base-url", proxy.URL, "--trusted-proxy", "127.0.0.1", "--database", w.database}
	p := launch(t, w.database, site...)
	at, err := url.Parse("http://" + p.address)
	must(t, err)
	target.Store(at)
	asIs := func(http.Header) {}
	args := slices.Concat(site, []string{"--network"})
	forwarded := func(r *http.Request) { r.Header.Set("X-Forwarded-For", "198.51.100.7") }

	now.Store(&habits{forwarded, asIs})
	found, _ := examined(t, trusting, args...)
	for name, says := range map[string]string{"tls": "is good until", "reach": "leads here, and sees us as 198.51.100.7", "clock": "agrees with that of " + proxy.URL} {
		if f := found[name]; f.State != stateOK || !strings.Contains(f.Says, says) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if found, _ := examined(t, nil, args...); found["tls"].State != stateWrong || !strings.Contains(found["tls"].Says, "certificate") {
		t.Errorf("a certificate that nobody trusts: %+v", found["tls"])
	}
	if found, _ := examined(t, trusting, site...); len(found["tls"].Name)+len(found["reach"].Name) != 0 {
		t.Errorf("without --network: %+v", found)
	}

	for name, c := range map[string]struct {
		change func(*http.Request)
		alter  func(http.Header)
		check  string
		state  state
		says   string
	}{
		"another name":        {change: func(r *http.Request) { forwarded(r); r.Host = at.Host }, check: "reach", state: stateWrong, says: "the site is asked for 127.0.0.1:"},
		"no X-Forwarded-For":  {change: func(r *http.Request) { r.Header["X-Forwarded-For"] = nil }, check: "reach", state: stateLook, says: "who is its proxy"},
		"another path":        {change: func(r *http.Request) { r.URL.Path = "/login" }, check: "reach", state: stateWrong, says: "leads to another program"},
		"no strict transport": {change: forwarded, alter: func(h http.Header) { h.Del("Strict-Transport-Security") }, check: "tls", state: stateWrong, says: "without Strict-Transport-Security"},
		"a clock far ahead":   {change: forwarded, alter: ahead(40 * time.Second), check: "clock", state: stateWrong, says: "from that of https://"},
		"a clock ahead":       {change: forwarded, alter: ahead(10 * time.Second), check: "clock", state: stateLook, says: "from that of https://"},
	} {
		if c.alter == nil {
			c.alter = asIs
		}
		now.Store(&habits{c.change, c.alter})
		found, _ := examined(t, trusting, args...)
		if f := found[c.check]; f.State != c.state || !strings.Contains(f.Says, c.says) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// ahead gives an answer the time of a clock that is ahead.
func ahead(by time.Duration) func(http.Header) {
	return func(h http.Header) { h.Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat)) }
}

// Without TLS no password goes over the line.
func TestDoctorLooksAtThePlainAddress(t *testing.T) {
	t.Parallel()
	type answer struct {
		status   int
		location string
	}
	var now atomic.Pointer[answer]
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(now.Load().status)
			return
		}
		if location := now.Load().location; location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(http.StatusPermanentRedirect)
	}))
	defer plain.Close()
	at, _ := url.Parse(plain.URL)
	p := &patient{checked: checked{base: &url.URL{Scheme: "https", Host: at.Hostname()}}, plainPort: at.Port()}
	for _, c := range []struct {
		status   int
		location string
		want     state
	}{
		{http.StatusForbidden, "https://127.0.0.1/login", ""},
		{http.StatusForbidden, "https://elsewhere.example/login", stateLook},
		{http.StatusForbidden, "", stateLook},
		{http.StatusPermanentRedirect, "https://127.0.0.1/login", stateWrong},
		{http.StatusOK, "https://127.0.0.1/login", stateWrong},
	} {
		now.Store(&answer{c.status, c.location})
		if f := p.checkPlain(t.Context()); f.State != c.want {
			t.Errorf("%d, %q: %+v, want %s", c.status, c.location, f, c.want)
		}
	}
	plain.Close()
	if f := p.checkPlain(t.Context()); f != (finding{}) {
		t.Errorf("where nobody answers: %+v", f)
	}
}

// A token for that works once, and for a minute.
func TestReachTokensWorkOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			database := kind.New(t)
			db := kind.Open(t, database)
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock := storetest.NewClock()
			s := storetest.New(t, db.Accounts(), clock)
			token, err := s.ReachToken(t.Context(), storetest.Operator)
			must(t, err)
			must(t, s.Reached(t.Context(), token))
			for _, void := range []string{token, "", "x"} {
				if err := s.Reached(t.Context(), void); err != store.ErrInvalidLink {
					t.Errorf("%q: %v", void, err)
				}
			}
			late, err := s.ReachToken(t.Context(), storetest.Operator)
			must(t, err)
			clock.Move(store.ReachValid)
			if err := s.Reached(t.Context(), late); err != store.ErrInvalidLink {
				t.Errorf("late: %v", err)
			}
		})
	}
}
