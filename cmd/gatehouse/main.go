// Command gatehouse is the front door of a web application: it serves the
// pages and looks after the accounts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kong"
)

// slots is how many passwords are hashed at a time: as many as there are
// processors for this program, container limits counted.
var slots = runtime.GOMAXPROCS(0)

// widen gives Go more processors than there are slots while passwords are
// hashed. The slots run at low priority, so pages then always find one. At other
// times more processors than the machine has cost a quarter of what pages take.
func widen(busy bool) {
	if busy {
		runtime.GOMAXPROCS(slots + 2)
		return
	}
	runtime.GOMAXPROCS(slots)
}

// collectAt is how much garbage, in percent of what is in use, Go lets gather
// before it collects. Pages leave much and keep little: four times the usual
// takes a fifth off what they cost, for some 15 MiB under load. The environment
// variable GOGC overrides it.
const collectAt = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	os.Exit(run(context.Background(), os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr}, time.Now))
}

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is the whole command line; its flags are the settings.
type cli struct {
	settings

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve the site (also what plain gatehouse does)."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to this version."`
	User    userCommand    `cmd:"" help:"Look after accounts."`
	SignIn  signInCommand  `cmd:"" name:"signin" help:"See and end sign-ins."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

// exited carries a status out of kong, which wants to end the process itself.
type exited int

// run runs one command and returns its exit status. Cancelling ctx stops a
// server gracefully. The clock is the only source of time for what is stored.
func run(ctx context.Context, args []string, term terminal, clock func() time.Time) (status int) {
	defer func() {
		if cause := recover(); cause != nil {
			code, ok := cause.(exited)
			if !ok {
				panic(cause)
			}
			status = int(code)
		}
	}()
	var c cli
	parser, err := newParser(&c, term)
	if err != nil {
		fmt.Fprintln(term.err, "gatehouse:", err)
		return exitFailed
	}
	parsed, err := parse(parser, args)
	if err != nil {
		fmt.Fprintf(term.err, "gatehouse: %v\nRun gatehouse --help to see what there is.\n", err)
		return exitUsage
	}
	j := &job{ctx: ctx, settings: &c.settings, term: term, clock: clock}
	defer j.flushOutput()
	err = parsed.Run(j)
	var usage usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintln(j.term.err, "gatehouse:", err)
		return exitUsage
	case err != nil:
		fmt.Fprintln(j.term.err, "gatehouse:", err)
		return exitFailed
	}
	return exitDone
}

func newParser(c *cli, term terminal) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("gatehouse"),
		kong.Description("The front door of a web application: people register, sign in, stay signed in and sign out.\n\n"+
			"Every setting is a flag and an environment variable; an empty variable counts as not set."),
		kong.DefaultEnvars("GATEHOUSE"),
		kong.KindMapper(reflect.Bool, toggles),
		defaults,
		kong.Writers(term.out, term.err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
}

// job is what every command works with.
type job struct {
	ctx      context.Context
	settings *settings
	term     terminal
	clock    func() time.Time
	// queues are what a server writes by; a command writes by none.
	queues []*queue
}

// usageError is a mistake in a setting's value: exit status 2.
type usageError struct{ error }
