// Command gatehouse is the front door of a web application: it serves the pages and manages the
// accounts.
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

	"gatehouse/identity"
)

// slots is how many passwords are hashed at a time: the number of processors for this program,
// including container limits.
var slots = runtime.GOMAXPROCS(0)

// addProcessors gives Go more processors than there are slots while passwords are hashed. The
// slots run at low priority, so pages then always find a processor: make storm measures pages
// meanwhile. Without hashing, more processors than the machine has gain nothing.
func addProcessors(busy bool) {
	if busy {
		runtime.GOMAXPROCS(slots + 2)
		return
	}
	runtime.GOMAXPROCS(slots)
}

// gcPercent is the garbage collection target, in percent of the live heap. Pages produce much
// garbage and retain little, so a value above Go's default of 100 makes them cheaper and takes
// some memory. Compare make load and make small with and without GOGC=100, which overrides it.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(context.Background(), os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr}, time.Now))
}

// terminal is the input and output of a command.
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

// cli is the command line. Its flags are the settings.
type cli struct {
	settings

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve the site (also what plain ${program} does)."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to this version."`
	User    userCommand    `cmd:"" help:"Look after accounts."`
	SignIn  signInCommand  `cmd:"" name:"signin" help:"See and end sign-ins."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

// exited carries an exit status out of kong, which would end the process itself.
type exited int

// run runs one command and returns its exit status. Canceling ctx stops a server gracefully.
// The clock is the only source of time for stored data.
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
		fmt.Fprintf(term.err, "%s: %v\n", identity.Program, err)
		return exitFailed
	}
	parsed, err := parse(parser, args)
	if err != nil {
		fmt.Fprintf(term.err, "%[1]s: %[2]v\nRun %[1]s --help to see what there is.\n", identity.Program, err)
		return exitUsage
	}
	j := &job{ctx: ctx, settings: &c.settings, term: term, clock: clock}
	defer j.flushOutput()
	err = parsed.Run(j)
	var usage usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(j.term.err, "%s: %v\n", identity.Program, err)
		return exitUsage
	case err != nil:
		fmt.Fprintf(j.term.err, "%s: %v\n", identity.Program, err)
		return exitFailed
	}
	return exitDone
}

func newParser(c *cli, term terminal) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name(identity.Program),
		kong.Description("The front door of a web application: people register, sign in, stay signed in and sign out.\n\n"+
			"Every setting is a flag and an environment variable; an empty variable counts as not set."),
		kong.DefaultEnvars(identity.Environment),
		kong.KindMapper(reflect.Bool, toggles),
		defaults,
		kong.Writers(term.out, term.err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
}

// job is what every command needs.
type job struct {
	ctx      context.Context
	settings *settings
	term     terminal
	clock    func() time.Time
	// queues are the output queues of a server; other commands have none.
	queues []*queue
}

// usageError is an invalid setting: exit status 2.
type usageError struct{ error }
