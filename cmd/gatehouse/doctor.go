package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/identity"
)

type doctorCommand struct {
	EnvFile string `env:"-" placeholder:"FILE" help:"Read the variables of this file first, as the service does."`
	Network bool   `env:"-" help:"Look at the address of the site from outside as well. For that one row is written, which is gone within minutes."`
	Whole   bool   `env:"-" help:"Read all of a database or backup of more than 1 GB as well."`
	Mail    string `env:"-" placeholder:"ADDRESS" help:"Send a letter to this address."`
	JSON    bool   `name:"json" env:"-" help:"Print JSON."`
}

// Run looks at everything and changes nothing. It fails where something is wrong.
func (c doctorCommand) Run(inv *invocation) error {
	if c.EnvFile != "" {
		if err := inv.reread(c.EnvFile); err != nil {
			return usageError{err}
		}
	}
	found := inv.examine(inv.ctx, c)
	wrong := slices.ContainsFunc(found, func(f finding) bool { return f.State == stateWrong })
	if err := inv.report(found, c.JSON); err != nil {
		return err
	}
	if wrong {
		return errWrong
	}
	return nil
}

// errWrong ends with a status and no sentence: all was said.
var errWrong = exited(exitFailed)

// Error implements error.
func (exited) Error() string { return "something is wrong" }

// state is how bad a finding is.
type state string

const (
	stateWrong state = "wrong"
	stateLook  state = "look"
	stateOK    state = "ok"
)

// finding is what a check found. Do is what helps, and empty where all is well.
type finding struct {
	Name  string `json:"name"`
	State state  `json:"state"`
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
}

func wrong(do, says string, args ...any) finding {
	return finding{State: stateWrong, Says: fmt.Sprintf(says, args...), Do: do}
}

func lookAt(do, says string, args ...any) finding {
	return finding{State: stateLook, Says: fmt.Sprintf(says, args...), Do: do}
}

func fine(says string, args ...any) finding {
	return finding{State: stateOK, Says: fmt.Sprintf(says, args...)}
}

// patient is what checks look at.
type patient struct {
	*invocation
	doctorCommand
	checked
	// db is nil where the database cannot be opened, and opening says why. store is nil where its
	// tables are not those of this version, as schema says.
	db              looked
	opening, schema error
	store           *store.Store
	// plainPort is the port without TLS, and free says how many bytes a disk has left.
	plainPort string
	free      func(folder string) (bytes uint64, known bool)
	// serving says that the site is just about to be served.
	serving bool
}

// check looks at one thing. Without a finding there is nothing to say.
type check struct {
	name string
	do   func(ctx context.Context, p *patient) finding
	when when
}

// when says what a check needs.
type when uint

const (
	// opened needs the database.
	opened when = 1 << iota
	// current needs tables of this version.
	current
	// outside looks from outside, and is done with --network.
	outside
	// notAtStart asks somebody else, reads for long, or was said before, and is not done while the site
	// starts.
	notAtStart
)

// doctorChecks are all checks.
var doctorChecks = []check{
	{"settings", checkSettings, notAtStart},
	{"base-url", checkBaseURL, 0},
	{"proxy", checkProxy, 0},
	{"tls", checkTLS, outside},
	{"reach", checkReach, outside | current},
	{"clock", checkClock, notAtStart},
	{"database", checkDatabase, notAtStart},
	{"schema", checkSchema, opened | notAtStart},
	{"secret", checkSecret, current},
	{"files", checkFiles, 0},
	{"disk", checkDisk, 0},
	{"limits", checkLimits, 0},
	{"mail", checkMail, notAtStart},
	{"backup", checkBackup, 0},
	{"passkeys", checkPasskeys, current},
	{"events", checkEvents, current},
}

// checkWait is how long a check may take. Reading a whole database takes as long as it takes.
const checkWait = 10 * time.Second

// examine does all checks that can be done. While the settings are refused nothing else can be.
func (inv *invocation) examine(ctx context.Context, c doctorCommand) (found []finding) {
	p := &patient{invocation: inv, doctorCommand: c, plainPort: "80", free: freeOn}
	var err error
	if p.checked, err = inv.settings.check(); err == nil {
		err = inv.settings.checkSecret(p.checked)
	}
	if err != nil {
		f := wrong("mend it; nothing else can be looked at until then", "%v", err)
		f.Name = doctorChecks[0].name
		return []finding{f}
	}
	defer p.close()
	p.open(ctx)
	return p.examine(ctx)
}

func (p *patient) examine(ctx context.Context) (found []finding) {
	for _, c := range doctorChecks {
		skipped := c.when&opened != 0 && p.db == nil || c.when&current != 0 && p.store == nil ||
			c.when&outside != 0 && !p.Network || c.when&(notAtStart|outside) != 0 && p.serving
		if skipped {
			continue
		}
		if f := p.examineOne(ctx, c); f != (finding{}) {
			f.Name = c.name
			found = append(found, f)
		}
	}
	rank := map[state]int{stateWrong: 0, stateLook: 1, stateOK: 2}
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Compare(rank[a.State], rank[b.State]) })
	return found
}

// examineOne does a check. One that panics or takes too long is wrong by itself.
func (p *patient) examineOne(ctx context.Context, c check) (f finding) {
	wait := checkWait
	if p.Whole {
		wait = 24 * time.Hour
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	done := make(chan finding, 1)
	go func() {
		err := safely(func() error { f := c.do(ctx, p); done <- f; return nil })
		if err != nil {
			done <- wrong("tell whoever made this program", "the check failed: %v", err)
		}
	}()
	select {
	case f := <-done:
		return f
	case <-ctx.Done():
		return wrong("look at what it waits for", "there was no answer within %s", wait)
	}
}

// report prints what was found, worst first.
func (inv *invocation) report(found []finding, asJSON bool) error {
	count := map[state]int{}
	for _, f := range found {
		count[f.State]++
	}
	if asJSON {
		return writeJSON(inv.term.out, struct {
			OK     bool      `json:"ok"`
			Checks []finding `json:"checks"`
		}{count[stateWrong] == 0, found})
	}
	var text strings.Builder
	for _, f := range found {
		says := visible(f.Says)
		if f.Do != "" {
			says += ": " + f.Do
		}
		fmt.Fprintf(&text, "%-5s  %-8s  %s\n", f.State, f.Name, strings.ReplaceAll(says, "\n", " "))
	}
	return inv.print(false, nil, "%s%d wrong, %d to look at, %d fine\n", text.String(), count[stateWrong], count[stateLook], count[stateOK])
}

// logWrong logs, before the site is served, what is wrong of what can be looked at without asking
// anybody.
func (inv *invocation) logWrong(ctx context.Context, c checked, a *accounts, log *slog.Logger) {
	p := &patient{invocation: inv, checked: c, db: a.db, store: a.store, serving: true, free: freeOn}
	for _, f := range p.examine(ctx) {
		if f.State == stateWrong {
			log.Warn("doctor", "check", f.Name, "says", f.Says, "do", f.Do)
		}
	}
}

// worst is the first of the worst findings.
func worst(list ...finding) finding {
	for _, s := range []state{stateWrong, stateLook, stateOK} {
		if i := slices.IndexFunc(list, func(f finding) bool { return f.State == s }); i >= 0 {
			return list[i]
		}
	}
	return finding{}
}

// failed is a finding about an error where all else is fine. An ended context has said so already.
func failed(err error, what string) finding {
	if errors.Is(err, context.DeadlineExceeded) {
		return wrong("look at what it waits for", "%s takes too long", what)
	}
	return wrong("", "%s: %v", what, err)
}

// reread reads the settings again, with the variables of a file.
func (inv *invocation) reread(file string) error {
	if err := setVariables(file, identity.Environment+"_"); err != nil {
		return err
	}
	_, err := inv.parse()
	return err
}
