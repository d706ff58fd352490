package components

import (
	"strconv"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// DownloadForm asks for the days of a file.
type DownloadForm struct {
	Form
	Since, Until *Field
	zone         *time.Location
}

// downloadDays is how many days the form offers at first.
const downloadDays = 7

// NewDownloadForm states the form of a file of what happened, in the zone of who reads the page.
func NewDownloadForm(action string, times Times) *DownloadForm {
	f := &DownloadForm{Form: Form{ID: "download", Action: action, Title: "Download", Submit: "Download CSV"}, zone: times.in(times.Now).Location()}
	f.Since = &Field{Name: "since", Label: "First day", Type: "date", Value: times.machineDay(times.Now.AddDate(0, 0, 1-downloadDays))}
	f.Until = &Field{Name: "until", Label: "Last day", Type: "date", Value: times.machineDay(times.Now)}
	for _, field := range []*Field{f.Since, f.Until} {
		field.Rule = func(value string) error {
			_, err := rules.Day(field.Name, value, f.zone)
			return err
		}
	}
	f.Fields = []*Field{f.Since, f.Until}
	return f
}

// Check applies the rules of both days, and that they are in order.
func (f *DownloadForm) Check() bool {
	if !f.Form.Check() {
		return false
	}
	if span := f.Span(); !span.Since.Before(span.Until) {
		f.Until.Refusal = "The last day is before the first."
	}
	return !f.IsRefused()
}

// Span are the days of a form that is in order.
func (f *DownloadForm) Span() store.Span {
	span := store.Span{First: f.Since.Value, Last: f.Until.Value}
	span.Since, _ = rules.Day("since", span.First, f.zone)
	last, _ := rules.Day("until", span.Last, f.zone)
	span.Until = last.AddDate(0, 0, 1)
	return span
}

// DownloadBelow is the address of a download below that of its list.
const DownloadBelow = "/download"

// ActivityHeads are the columns of a file of activity. Programs read them, so they stay.
var ActivityHeads = []string{
	"at", "event", "what", "account", "username", "by_account", "by_username", "by_operator", "detail", "address", "user_agent", "request",
}

// ActivityCells is a row of it. words are those of the product, by the names of its events.
func ActivityCells(e store.Happened, words map[string]string) []string {
	return guarded(
		stamp(e.At), e.Name, staffSentence(e.Event, words), number(e.UserID), e.Username, number(e.By), e.Actor, strconv.FormatBool(e.Operator),
		e.Detail, e.Address, e.Agent, e.Request,
	)
}

// AuditHeads are the columns of a file of the audit.
var AuditHeads = []string{
	"at", "event", "what", "by_account", "by", "account", "username", "detail", "reason", "address", "user_agent", "request",
}

// AuditCells is a row of it.
func AuditCells(d store.NamedDeed) []string {
	return guarded(
		stamp(d.At), d.Name, deedSentence(d.Deed), number(d.ActorID), d.Actor, number(d.SubjectID), d.Subject,
		d.Detail, d.Reason, d.Address, d.Agent, d.Request,
	)
}

// guarded are cells that no spreadsheet takes for a formula.
func guarded(cells ...string) []string {
	for i, cell := range cells {
		cells[i] = rules.GuardCell(cell)
	}
	return cells
}

// number is that of an account, or empty.
func number(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
