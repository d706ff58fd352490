package components

import (
	"time"

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
	if since, until := f.Days(); !since.Before(until) {
		f.Until.Refusal = "The last day is before the first."
	}
	return !f.IsRefused()
}

// Days are when the first day begins and when the last is over.
func (f *DownloadForm) Days() (since, until time.Time) {
	since, _ = rules.Day("since", f.Since.Value, f.zone)
	until, _ = rules.Day("until", f.Until.Value, f.zone)
	return since, until.AddDate(0, 0, 1)
}
