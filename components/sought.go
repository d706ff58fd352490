package components

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// SoughtForm are the conditions of a list of what happened. It is sent by GET, so that a list has an address.
type SoughtForm struct {
	Form
	Who, From, Kind *Field
}

// newSoughtForm states the conditions of the list at an address. kinds are the names of events that there may be, and
// words say them.
func newSoughtForm(action, title string, kinds []string, words func(name string) string) *SoughtForm {
	f := &SoughtForm{Form: Form{ID: "sought", Action: action, Title: title, Submit: "Show", Busy: "Looking…"}}
	f.Who = &Field{Name: "who", Label: "Person", Type: "text", Hint: "Username, address or number.", Optional: true, Autocomplete: "off"}
	f.From = &Field{Name: "from", Label: "Network address", Type: "text", Hint: "Such as 192.0.2.1.", Optional: true, Autocomplete: "off", Rule: rules.CheckSource}
	f.Kind = &Field{Name: "kind", Label: "What", Type: "select", Hint: "One kind of event.", Optional: true, Options: []Option{{"", "Everything"}}}
	for _, name := range kinds {
		f.Kind.Options = append(f.Kind.Options, Option{name, words(name)})
	}
	slices.SortFunc(f.Kind.Options[1:], func(a, b Option) int { return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value)) })
	f.Fields = []*Field{f.Who, f.From, f.Kind}
	return f
}

// Fill takes over what an address asks for: anything, so only what can be shown of it.
func (f *SoughtForm) Fill(query url.Values) {
	for _, field := range f.Fields {
		field.take(rules.Shorten(query.Get(field.Name), rules.SearchMax))
	}
}

// Sought are the conditions but for who, whom the store finds.
func (f *SoughtForm) Sought(before int64) store.Sought {
	sought := store.Sought{Kind: f.Kind.Value, Before: before}
	if f.From.Value != "" {
		sought.From, _ = rules.CanonicalSource(f.From.Value) // Check has asked
	}
	return sought
}

// stated are the conditions that are not empty.
func (f *SoughtForm) stated() url.Values {
	query := url.Values{}
	for _, field := range f.Fields {
		if field.Value != "" {
			query.Set(field.Name, field.Value)
		}
	}
	return query
}

// with is the address of the list with a further condition, in place of a former one of that name.
func (f *SoughtForm) with(name, value string) string {
	query := f.stated()
	query.Set(name, value)
	return f.Action + "?" + query.Encode()
}

// newest is the address of the first page.
func (f *SoughtForm) newest() string {
	if query := f.stated(); len(query) > 0 {
		return f.Action + "?" + query.Encode()
	}
	return f.Action
}

// before is the address of the page that begins before an id.
func (f *SoughtForm) before(id int64) string { return f.with("before", strconv.FormatInt(id, 10)) }

// onDay are the rows of one day.
type onDay[T any] struct {
	// at is when the last of them was.
	at   time.Time
	rows []T
}

// byDay puts rows under headings.
func byDay[T any](times Times, rows []T, at func(T) time.Time) (days []onDay[T]) {
	for _, row := range rows {
		if len(days) == 0 || times.date(days[len(days)-1].at) != times.date(at(row)) {
			days = append(days, onDay[T]{at: at(row)})
		}
		today := &days[len(days)-1]
		today.rows = append(today.rows, row)
	}
	return days
}
