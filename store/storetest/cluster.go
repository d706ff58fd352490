package storetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a throw-away PostgreSQL server that listens on a socket in a
// folder of its own. It ends with the test process, however that ends.
type Cluster struct {
	dir    string
	socket string
	bin    string
	as     *syscall.SysProcAttr
	lease  *os.File
}

var shared = sync.OnceValues(func() (*Cluster, error) { return StartCluster() })

// Postgres is the cluster that all tests of this process share.
func Postgres(t testing.TB) *Cluster {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return c
}

// NewCluster starts a cluster of a test's own, to be stopped and started.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c, err := StartCluster()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// Close ends the cluster and leaves nothing behind.
func (c *Cluster) Close() { c.lease.Close() }

// supervise runs the server for as long as its own stdin stays open, which is
// as long as the test process lives, and then leaves nothing behind. The
// server is started again whenever it ends and a file allows it.
const supervise = `
bin=$1 dir=$2
(
	while [ -d "$dir/data" ]; do
		if [ -e "$dir/down" ]; then sleep 0.02; continue; fi
		"$bin/postgres" -D "$dir/data" >>"$dir/log" 2>&1 &
		echo $! >"$dir/pid"
		wait $!
	done
) &
read -r _
mv "$dir/data" "$dir/gone"
kill -QUIT "$(cat "$dir/pid")" 2>/dev/null
wait
rm -rf "$dir"
`

const settings = `
listen_addresses = ''
fsync = off
full_page_writes = off
max_connections = 400
shared_buffers = 32MB
log_min_messages = fatal
`

// StartCluster starts a cluster for a program that is no test. Close ends it.
func StartCluster() (*Cluster, error) {
	bin, err := serverPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "gatehouse-postgres-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, socket: dir, bin: bin, as: &syscall.SysProcAttr{}}
	if os.Getuid() == 0 {
		// PostgreSQL refuses to run as root.
		if err := c.dropTo("postgres"); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	initdb.SysProcAttr, initdb.Dir = c.as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	config, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(config, "%sunix_socket_directories = '%s'\n", settings, dir)
	if err := config.Close(); err != nil {
		return nil, err
	}
	lifeline, lease, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	server := exec.Command("sh", "-c", supervise, "supervise", bin, dir)
	server.SysProcAttr, server.Dir, server.Stdin = c.as, dir, lifeline
	if err := server.Start(); err != nil {
		return nil, err
	}
	go server.Wait() //nolint:errcheck // ended by closing the lease
	lifeline.Close()
	c.lease = lease
	return c, c.answers(30 * time.Second)
}

// serverPrograms finds the folder of initdb and postgres. Debian keeps it off
// the PATH.
func serverPrograms() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(folders)
	slices.Reverse(folders)
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(folder, "postgres")); err == nil {
			return folder, nil
		}
	}
	return "", fmt.Errorf("no initdb found: install postgresql, or run make test, which does")
}

func (c *Cluster) dropTo(name string) error {
	account, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return err
	}
	c.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(c.dir, uid, gid)
}

func (c *Cluster) answers(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// URL names a database of the cluster.
func (c *Cluster) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@/%s?host=%s", database, c.socket)
}

var made atomic.Int64

// NewDatabase makes an empty place for one test and returns its URL: a schema,
// which is made and dropped much faster than a database.
func (c *Cluster) NewDatabase(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	name := fmt.Sprintf("t%d_%d", os.Getpid(), made.Add(1))
	c.exec(t, ctx, `CREATE SCHEMA `+name)
	t.Cleanup(func() { c.exec(t, ctx, `DROP SCHEMA `+name+` CASCADE`) })
	return c.URL("postgres") + "&search_path=" + name + "&pool_max_conns=6"
}

func (c *Cluster) exec(t testing.TB, ctx context.Context, statement string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		t.Errorf("connect to PostgreSQL: %v", err)
		return
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

// NewRole makes a user for one test, for whom something is set by default, and
// returns its name.
func (c *Cluster) NewRole(t testing.TB, setting string) string {
	t.Helper()
	ctx := context.Background()
	name := fmt.Sprintf("r%d_%d", os.Getpid(), made.Add(1))
	c.exec(t, ctx, `CREATE ROLE `+name+` LOGIN SUPERUSER`)
	c.Alter(t, name, setting)
	t.Cleanup(func() { c.exec(t, ctx, `REASSIGN OWNED BY `+name+` TO postgres; DROP ROLE `+name) })
	return name
}

// Alter sets something by default for the connections that a user begins from
// now on.
func (c *Cluster) Alter(t testing.TB, role, setting string) {
	t.Helper()
	c.exec(t, context.Background(), `ALTER ROLE `+role+` SET `+setting)
}

// CreateDatabase makes a database of that name, for URL.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize())
	return err
}

// Stop ends the server at once, as a crash would, until Start.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, "down"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(c.dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	for syscall.Kill(pid, 0) == nil {
		time.Sleep(5 * time.Millisecond)
	}
}

// Start starts the server again and waits until it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := os.Remove(filepath.Join(c.dir, "down")); err != nil {
		t.Fatal(err)
	}
	if err := c.answers(30 * time.Second); err != nil {
		t.Fatal(err)
	}
}
