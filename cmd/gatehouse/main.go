// Command gatehouse is the front door of a web application: it serves the pages and manages the
// accounts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"gatehouse/handlers"
	"gatehouse/store/identity"
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
	stdio := terminal{os.Stdin, os.Stdout, os.Stderr}
	if status, is := derives(os.Args[1:], stdio); is {
		os.Exit(status)
	}
	deriveHere()
	limitMemory = func(bytes int64) { debug.SetMemoryLimit(bytes) }
	os.Exit(run(context.Background(), os.Args[1:], stdio, time.Now))
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

	Serve    serveCommand    `cmd:"" default:"withargs" help:"Serve the site (also what plain ${program} does)."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database up to this version."`
	Setup    setupCommand    `cmd:"" help:"Print a link with which somebody becomes the first administrator."`
	User     userCommand     `cmd:"" help:"Look after accounts."`
	Invite   inviteCommand   `cmd:"" help:"See invitations and take them back."`
	SignIn   signInCommand   `cmd:"" name:"signin" help:"See and end sign-ins."`
	Factor   factorCommand   `cmd:"" help:"See second steps and passkeys, and take them away."`
	Audit    auditCommand    `cmd:"" help:"List what administrators and the command line did."`
	Backup   backupCommand   `cmd:"" help:"Copy the database and its secret while the site is served, and check the copy."`
	Restore  restoreCommand  `cmd:"" help:"Put a backup in the place of the database."`
	Copy     copyCommand     `cmd:"" help:"Copy everything to the other kind of database, and compare it."`
	Settle   settleCommand   `cmd:"" help:"Make a database that was put back by other means safe to serve."`
	Job      jobCommand      `cmd:"" help:"See and run what runs at regular times."`
	Settings settingsCommand `cmd:"" help:"Show every setting, its value and where it is from."`
	Doctor   doctorCommand   `cmd:"" help:"Look at everything and say what is wrong."`
	Health   healthCommand   `cmd:"" help:"Ask the site that is served here whether it is ready."`
	Version  versionCommand  `cmd:"" help:"Say which version this is."`

	// Plugins hold the settings of the product.
	kong.Plugins
}

// exited carries an exit status out of kong, which would end the process itself.
type exited int

// run runs one command and returns its exit status. Canceling ctx stops a server gracefully.
// The clock is the only source of time for stored data.
func run(ctx context.Context, args []string, term terminal, clock func() time.Time) (status int) {
	return runProduct(ctx, args, term, clock, product)
}

// runProduct is run for any product.
func runProduct(ctx context.Context, args []string, term terminal, clock func() time.Time, product func(*handlers.Site) handlers.Product) (status int) {
	defer func() {
		if cause := recover(); cause != nil {
			code, ok := cause.(exited)
			if !ok {
				panic(cause)
			}
			status = int(code)
		}
	}()
	// The handlers of the product use the site, which is filled in where it is served.
	site := &handlers.Site{}
	site.Product = product(site)
	inv := &invocation{ctx: ctx, args: args, term: term, clock: clock, site: site}
	parsed, err := inv.parse()
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(term.err, "%[1]s: %[2]v\nRun %[1]s --help to see what there is.\n", identity.Program, err)
		return exitUsage
	}
	if err != nil {
		fmt.Fprintf(term.err, "%s: %v\n", identity.Program, err)
		return exitFailed
	}
	defer inv.flushOutput()
	if !logs(parsed) {
		for _, variable := range inv.unknown {
			fmt.Fprintf(term.err, "%s: %s\n", identity.Program, variable)
		}
	}
	if isProducts(parsed, site.Product) {
		err = inv.runCommand(parsed)
	} else {
		err = parsed.Run(inv)
	}
	var said exited
	switch {
	case errors.As(err, &said):
		return int(said)
	case errors.As(err, &usage):
		fmt.Fprintf(inv.term.err, "%s: %v\n", identity.Program, err)
		return exitUsage
	case err != nil:
		fmt.Fprintf(inv.term.err, "%s: %v\n", identity.Program, err)
		return exitFailed
	}
	return exitDone
}

// parse reads the arguments and the environment into the settings. A usageError says what is wrong with
// them.
func (inv *invocation) parse() (*kong.Context, error) {
	c := &cli{}
	parser, err := newParser(c, inv.term, inv.site.Product)
	if err != nil {
		return nil, err
	}
	parsed, files, err := parse(parser, inv.args)
	if err != nil {
		return nil, usageError{err}
	}
	inv.settings, inv.given, inv.unknown = &c.settings, givenSettings(parsed, files), unknownVariables(parser.Model, os.Environ())
	return parsed, nil
}

func newParser(c *cli, term terminal, p handlers.Product) (*kong.Kong, error) {
	if p.Settings != nil {
		c.Plugins = kong.Plugins{p.Settings}
	}
	options := []kong.Option{
		kong.Name(identity.Program),
		kong.Description("The front door of a web application: people register, sign in, stay signed in and sign out.\n\n" +
			"Every setting is a flag and an environment variable; an empty variable counts as not set."),
		kong.DefaultEnvars(identity.Environment),
		kong.KindMapper(reflect.Bool, toggles),
		defaults,
		kong.Writers(term.out, term.err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	}
	for _, command := range p.Commands {
		options = append(options, kong.DynamicCommand(command.Name, command.Help, "", command.Do))
	}
	return kong.New(c, options...)
}

// invocation is what every command needs.
type invocation struct {
	ctx      context.Context
	args     []string
	settings *settings
	term     terminal
	clock    func() time.Time
	site     *handlers.Site
	// given are the settings with where they are from, and unknown the variables that are none.
	given   []setting
	unknown []unknownVariable
	// queues are the output queues of a server; other commands have none.
	queues []*queue
}

// untilStopped is a context that ends with SIGINT or SIGTERM, for a command that has something to undo
// then. A second signal ends the process at once.
func (inv *invocation) untilStopped() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(inv.ctx, syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// usageError is an invalid setting: exit status 2.
type usageError struct{ error }
