package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
)

// importReport is what an import says of itself.
type importReport struct {
	File string `json:"file"`
	Rows int    `json:"rows"`
	// Added were made, or would be.
	Added   int `json:"added"`
	Present int `json:"present"`
	Closed  int `json:"closed"`
	Bad     int `json:"bad"`
	// Done is false where nothing was imported: in a dry run, or because of bad rows.
	Done    bool      `json:"done"`
	Reasons []reason  `json:"reasons"`
	Without []reason  `json:"without_password"`
	Renamed []renamed `json:"renamed"`
	// NoHashes says that no column is for the password.
	NoHashes bool `json:"no_password_column"`
	// Unused are the columns that nothing was taken from.
	Unused []string `json:"unused_columns"`
	// Kinds are the kinds of passwords that make every sign-in longer, and by how much, in milliseconds.
	Kinds []kindCost `json:"password_kinds"`
}

type reason struct {
	Why   string `json:"why"`
	Count int    `json:"count"`
	Lines []int  `json:"lines"`
}

type renamed struct {
	Line int    `json:"line"`
	From string `json:"from"`
	To   string `json:"to"`
}

type kindCost struct {
	Kind string `json:"kind"`
	Took int64  `json:"milliseconds"`
}

// of takes over what a plan says.
func (r *importReport) of(plan *store.ImportPlan, i *importing) {
	if !r.Done {
		r.Added = plan.Add
	}
	r.File, r.Rows, r.Present, r.Closed, r.Bad, r.Unused = i.File, plan.Rows, plan.Present, plan.Closed, plan.Bad, i.unused
	r.Reasons, r.Without = reasons(plan.Reasons), reasons(plan.Without)
	for _, kind := range plan.Kinds {
		r.Kinds = append(r.Kinds, kindCost{kind.String(), secret.Measure(kind).Milliseconds()})
	}
}

func reasons(list store.ImportReasons) []reason {
	all := make([]reason, 0, len(list))
	for _, r := range list {
		all = append(all, reason{r.Why, r.Count, r.Lines})
	}
	return all
}

func (r *importReport) print(inv *invocation, asJSON bool) error {
	if asJSON {
		return writeJSON(inv.term.out, r)
	}
	var b strings.Builder
	for _, reason := range r.Reasons {
		reason.print(&b, badLine, badMore)
	}
	for _, n := range r.Renamed {
		fmt.Fprintf(&b, "line %d: %s becomes %s\n", n.Line, n.From, n.To)
	}
	for _, reason := range r.Without {
		reason.print(&b, withoutLine, withoutMore)
	}
	if r.NoHashes {
		b.WriteString("nobody comes with a password: no column is for it; name it with --map password_hash=COLUMN\n")
	}
	if len(r.Unused) > 0 {
		fmt.Fprintf(&b, "not used: %s\n", strings.Join(r.Unused, ", "))
	}
	for _, kind := range r.Kinds {
		fmt.Fprintf(&b, "every sign-in takes %d ms longer while passwords of the kind %s are left\n", kind.Took, kind.Kind)
	}
	verb := "added"
	if !r.Done {
		verb = "could be added"
	}
	fmt.Fprintf(&b, "%s rows: %s %s, %s here already, %s closed there, %s bad\n", thousands(r.Rows), thousands(r.Added), verb, thousands(r.Present), thousands(r.Closed), thousands(r.Bad))
	_, err := io.WriteString(inv.term.out, b.String())
	return err
}

// How a row is told that does not come, and one that comes without a password, and how many more there are.
const (
	badLine, badMore         = "line %d: %s\n", "and %s more: %s\n"
	withoutLine, withoutMore = "line %d comes without a password: %s\n", "and %s more come without a password: %s\n"
)

// print writes a line for each line of the file that is named, and one for the others.
func (r reason) print(b *strings.Builder, named, others string) {
	for _, line := range r.Lines {
		fmt.Fprintf(b, named, line, r.Why)
	}
	if more := r.Count - len(r.Lines); more > 0 {
		fmt.Fprintf(b, others, thousands(more), r.Why)
	}
}

// thousands is a number for people: 1,000,000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// rejects is a file of bad rows that can be mended and imported again.
type rejects struct {
	file *os.File
	rows *csv.Writer
}

// newRejects makes the file, for its owner alone: it has the hashes of the rows. One that is there
// already is kept.
func newRejects(path string) (*rejects, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--rejects makes a new file: %w", err)
	}
	r := &rejects{file, csv.NewWriter(file)}
	return r, r.rows.Write([]string{"line", "reason", "username", "email", "name", "password_hash", "created", "confirmed", "disabled", "role", "second_step"})
}

func (r *rejects) add(row store.ImportRow, why string) {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	// What cannot be written is said by end.
	r.rows.Write([]string{ //nolint:errcheck
		strconv.Itoa(row.Line), why, row.Username, row.Email, row.Name, row.Hash, at(row.CreatedAt), at(row.VerifiedAt), at(row.DisabledAt), row.Role,
		map[bool]string{true: "yes"}[row.SecondStep],
	})
}

func (r *rejects) end() error {
	r.rows.Flush()
	if err := r.rows.Error(); err != nil {
		r.file.Close()
		return fmt.Errorf("write the bad rows: %w", err)
	}
	return r.file.Close()
}
