package store

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

const (
	selectUsernamesOf = `SELECT username, email_key FROM users WHERE username IN (` + hundred + `)`
	selectEmailsOf    = `SELECT username, email_key FROM users WHERE email_key IN (` + hundred + `)`

	selectReservedOf = `SELECT username, until FROM reserved_usernames WHERE username IN (` + hundred + `)`
	selectPendingOf  = `SELECT username, expires_at FROM pending WHERE username IN (` + hundred + `)`

	selectUndoOf = `SELECT email_key, expires_at FROM tokens WHERE purpose = 'undo' AND used_at IS NULL AND email_key IN (` + hundred + `)`
)

// verdict is what becomes of a row.
type verdict byte

const (
	importAdd verdict = iota
	importPresent
	importClosed
	importBad
)

// ImportPlan is a file that was checked as a whole.
type ImportPlan struct {
	// Rows are all there are. Add come, Present are here already, Closed were closed there, Bad
	// do not come.
	Rows, Add, Present, Closed, Bad int
	// Reasons are why rows are bad, and Without why people come without a password, each with the
	// lines of the first.
	Reasons, Without ImportReasons
	// Kinds are the kinds of passwords of earlier systems that come, which make every sign-in longer.
	Kinds []secret.Kind

	options  ImportOptions
	verdicts []verdict
	// names are the usernames of renamed people, by the index of their row.
	names map[int]string
}

// ImportReasons are reasons with their lines, the first that came first.
type ImportReasons []ImportReason

// ImportReason is one reason, how often it came, and the lines of the first.
type ImportReason struct {
	Why   string
	Count int
	Lines []int
}

// reasonLines is how many lines are named of each reason.
const reasonLines = 20

func (r *ImportReasons) add(line int, why string) {
	i := slices.IndexFunc(*r, func(reason ImportReason) bool { return reason.Why == why })
	if i < 0 {
		i = len(*r)
		*r = append(*r, ImportReason{Why: why})
	}
	reason := &(*r)[i]
	if reason.Count++; len(reason.Lines) < reasonLines {
		reason.Lines = append(reason.Lines, line)
	}
}

func (p *ImportPlan) reject(row ImportRow, why string) {
	p.Bad++
	p.Reasons.add(row.Line, why)
	if p.options.Rejected != nil {
		p.options.Rejected(row, why)
	}
}

// Tell has Import say how many rows of the file are done.
func (p *ImportPlan) Tell(progress func(rows int)) { p.options.Progress = progress }

// inWords is what the audit says.
func (p *ImportPlan) inWords(added int) string {
	return fmt.Sprintf("imported %s, SHA-256 %s: %d of %d rows", rules.Shorten(p.options.Name, 100), p.options.Sum, added, p.Rows)
}

// checking is a file on its way through the first reading.
type checking struct {
	*ImportPlan
	store *Store
	seed  maphash.Seed
	// usernames and emails are sums of those of each row, or 0 of a row that does not come.
	usernames, emails []uint64
	// renames are the rows whose username does not fit.
	renames []renaming
	// batch are rows that were not yet looked up.
	batch []checkedRow
}

type checkedRow struct {
	index int
	row   ImportRow
	registrant
}

// renaming is somebody who comes under another username.
type renaming struct {
	index, line int
	typed       string
}

// CheckImport reads a file and says what would become of each row. It writes nothing.
func (s *Store) CheckImport(ctx context.Context, rows ImportRows, o ImportOptions) (*ImportPlan, error) {
	c := &checking{ImportPlan: &ImportPlan{options: o, names: map[int]string{}}, store: s, seed: maphash.MakeSeed()}
	for row, err := range rows() {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = c.take(ctx, row)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := c.lookUp(ctx); err != nil {
		return nil, err
	}
	if err := c.findDoubles(rows); err != nil {
		return nil, err
	}
	if err := c.rename(ctx); err != nil {
		return nil, err
	}
	for _, v := range c.verdicts {
		switch v {
		case importAdd:
			c.Add++
		case importPresent:
			c.Present++
		case importClosed:
			c.Closed++
		}
	}
	return c.ImportPlan, c.checkKinds(ctx)
}

// take checks a row by itself.
func (c *checking) take(ctx context.Context, row ImportRow) error {
	i := len(c.verdicts)
	c.Rows++
	c.verdicts, c.usernames, c.emails = append(c.verdicts, importAdd), append(c.usernames, 0), append(c.emails, 0)
	bad := func(why string) error {
		c.verdicts[i] = importBad
		c.reject(row, why)
		return nil
	}
	if row.Bad != "" {
		return bad(row.Bad)
	}
	if row.Closed {
		c.verdicts[i] = importClosed
		return nil
	}
	if why := c.roleRefused(row.Role); why != "" {
		return bad(why)
	}
	n, err := registrantOf(row)
	if err != nil {
		return bad(err.Error())
	}
	if err := c.store.CheckNewUsername(row.Username); err != nil {
		if !c.options.Rename {
			return bad(err.Error())
		}
		n.Username = ""
	}
	c.emails[i] = c.sum(n.emailKey)
	if n.Username != "" {
		c.usernames[i] = c.sum(n.Username)
	}
	c.takePassword(row)
	c.batch = append(c.batch, checkedRow{i, row, n})
	if len(c.batch) == lookUpBatch {
		return c.lookUp(ctx)
	}
	return nil
}

// sum stands for a text. It is never 0, which stands for none.
func (c *checking) sum(text string) uint64 { return max(maphash.String(c.seed, text), 1) }

// roleRefused says why a role is not taken over, or is empty.
func (c *checking) roleRefused(role string) string {
	if role == "" {
		return ""
	}
	if _, known := FindRole(role); !known {
		return fmt.Sprintf("there is no role %q", rules.Shorten(role, 40))
	}
	if !c.options.Roles {
		return fmt.Sprintf("the role is %s; take roles over with --roles", role)
	}
	return ""
}

// takePassword notes the kind of a password, or why there is none.
func (c *checking) takePassword(row ImportRow) {
	stored, why := c.options.password(row)
	switch kind := stored.Kind(); {
	case why != "":
		c.Without.add(row.Line, string(why))
	case kind.Scheme != "" && !slices.Contains(c.Kinds, kind):
		c.Kinds = append(c.Kinds, kind)
	}
}

// password is the password of a row that is taken over. why says why there is none, where the row has one.
func (o ImportOptions) password(row ImportRow) (stored secret.PasswordHash, why secret.NoPassword) {
	switch {
	case row.Hash == "":
		return stored, ""
	case o.WithoutPasswords:
		return stored, "passwords are left behind"
	case row.SecondStep && !o.PasswordAlone:
		return stored, "there was a second step"
	}
	return secret.ReadForeign(row.Hash, o.Scheme)
}

// importing is what is made of a row that comes.
func (p *ImportPlan) importing(i int, row ImportRow) importing {
	n, _ := registrantOf(row) // which was checked
	if name, renamed := p.names[i]; renamed {
		n.Username = name
	}
	n.stored, _ = p.options.password(row)
	var until time.Time
	if oldKind(n.stored) != "" {
		until = p.options.OldUntil
	}
	if !p.options.Roles {
		row.Role = ""
	}
	return importing{registrant: n, ImportRow: row, until: until}
}

// findDoubles rejects rows with the username or the address of an earlier one. The row of the first is
// found by a further reading, and only where there are doubles.
func (c *checking) findDoubles(rows ImportRows) error {
	names, addresses := firsts(c.usernames), firsts(c.emails)
	if len(names)+len(addresses) == 0 {
		return nil
	}
	i, lines := -1, map[int]int{}
	for row, err := range rows() {
		if err != nil {
			return err
		}
		i++
		if c.verdicts[i] != importAdd && c.verdicts[i] != importPresent {
			continue
		}
		first, double := addresses[c.emails[i]]
		if double && first != i {
			c.verdicts[i] = importBad
			c.reject(row, fmt.Sprintf("the email address is that of line %d", lines[first]))
			c.usernames[i], c.emails[i] = 0, 0
			continue
		}
		if double {
			lines[i] = row.Line
		}
		// Who is here already came under a username of their own.
		if c.verdicts[i] == importPresent && c.options.Rename {
			continue
		}
		first, double = names[c.usernames[i]]
		switch {
		case double && first == i:
			lines[i] = row.Line
		case double && c.options.Rename:
			c.usernames[i] = 0
			c.renames = append(c.renames, renaming{i, row.Line, row.Username})
		case double:
			c.verdicts[i] = importBad
			c.reject(row, fmt.Sprintf("the username is that of line %d", lines[first]))
			c.usernames[i], c.emails[i] = 0, 0
		}
	}
	slices.SortFunc(c.renames, func(a, b renaming) int { return a.index - b.index })
	return nil
}

// firsts are the sums that come more than once, with the index of the first.
func firsts(sums []uint64) map[uint64]int {
	sorted := slices.Clone(sums)
	slices.Sort(sorted)
	doubles := map[uint64]int{}
	for i := 1; i < len(sorted); i++ {
		if sorted[i] != 0 && sorted[i] == sorted[i-1] {
			doubles[sorted[i]] = -1
		}
	}
	if len(doubles) == 0 {
		return doubles
	}
	for i, sum := range sums {
		if first, double := doubles[sum]; double && first < 0 {
			doubles[sum] = i
		}
	}
	return doubles
}

// rename finds a username for everybody whose own does not fit.
func (c *checking) rename(ctx context.Context) error {
	if len(c.renames) == 0 {
		return nil
	}
	given := slices.Clone(c.usernames)
	slices.Sort(given)
	new := map[uint64]bool{}
	for _, r := range c.renames {
		name := rules.Rename(r.typed)
		if name == "" {
			name = fmt.Sprintf("person-%d", r.line)
		}
		for n := 1; ; n++ {
			candidate := rules.Renamed(name, n)
			sum := c.sum(candidate)
			if _, taken := slices.BinarySearch(given, sum); taken || new[sum] {
				continue
			}
			err := c.store.UsernameFree(ctx, candidate, User{}, "")
			if _, refused := rules.AsRefusal(err); refused {
				continue
			}
			if err != nil {
				return err
			}
			new[sum], c.names[r.index] = true, candidate
			if c.options.Renamed != nil {
				c.options.Renamed(r.line, strings.ToValidUTF8(r.typed, "?"), candidate)
			}
			break
		}
	}
	return nil
}

// checkKinds refuses passwords of more memory-hard kinds than every sign-in could wait for.
func (c *checking) checkKinds(ctx context.Context) error {
	inUse, err := c.store.oldKinds(ctx)
	if err != nil {
		return err
	}
	hard := map[secret.Kind]bool{}
	for _, kind := range slices.Concat(inUse, c.Kinds) {
		if kind.MemoryHard() {
			hard[kind] = true
		}
	}
	if len(hard) > secret.KindsMax {
		return fmt.Errorf("passwords of %d memory-hard kinds would be in use, and every sign-in waits for each of them; at most %d are taken: leave passwords behind with --without-passwords, or wait until fewer are left", len(hard), secret.KindsMax)
	}
	return nil
}
