package housetest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/handlers/visitor"
)

// forms sends what nobody's form holds to every address of the product that takes one.
func (c *checker) forms() {
	people := c.people()
	all := people[len(people)-1]
	routes := c.examples(http.MethodPost)
	shown := c.shown(all)
	// A form that is not acted upon may be kept as a draft, in the session.
	dump := c.h.kind.Dump(c.t, c.h.Database, "sessions")
	for _, r := range routes {
		unchanged := func(who string) {
			after := c.h.kind.Dump(c.t, c.h.Database, "sessions")
			if after != dump {
				c.fault("POST %s changes %s for %s", r.Path, changed(dump, after), who)
			}
			dump = after
		}
		if !admits(r.Route, all) {
			c.fault("POST %s was not tried, because nobody is allowed to: have Answers.Lived allow the first person it is called for", r.Path)
		}
		for _, p := range people {
			if admits(r.Route, p) {
				continue
			}
			c.holds(r.Route, p, p.Post(r.address, shown[r.address].values))
			unchanged(p.name)
		}
		foreign := all.Send(http.MethodPost, r.address, strings.NewReader(shown[r.address].values.Encode()), http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"},
		})
		if foreign.Status != http.StatusForbidden {
			c.fault("POST %s answers %d to a form of another site, want 403", r.Path, foreign.Status)
		}
		unchanged("a form of another site")
	}
	for _, r := range routes {
		awkward := shown[r.address].awkward()
		for _, what := range slices.Sorted(maps.Keys(awkward)) {
			if status := all.Post(r.address, awkward[what]).Status; status >= 500 {
				c.fault("POST %s answers %d to %s: refuse it with a sentence at the field; see the log of this test", r.Path, status, what)
			}
		}
	}
}

// form is one on a page of the product.
type form struct {
	// values are what it sends as it stands.
	values url.Values
	// typed are the fields into which anything can be typed, chosen the others that are shown.
	typed, chosen []string
}

// shown are the forms on the pages of the product, by where they are sent.
func (c *checker) shown(p person) map[string]form {
	forms := map[string]form{}
	for _, r := range c.examples(http.MethodGet) {
		if !admits(r.Route, p) {
			continue
		}
		page := p.Get(r.address)
		for _, f := range page.Find("form[method=post]").EachIter() {
			forms[f.AttrOr("action", page.Path)] = formOf(page, f)
		}
	}
	return forms
}

func formOf(page *visitor.Page, f *goquery.Selection) form {
	found := form{values: page.Values(f)}
	for _, field := range f.Find("input[name], textarea[name], select[name]").EachIter() {
		name := field.AttrOr("name", "")
		switch kind := field.AttrOr("type", ""); {
		case slices.Contains([]string{"hidden", "submit", "button", "reset", "image", "file"}, kind):
		case kind == "checkbox", kind == "radio", goquery.NodeName(field) == "select":
			found.chosen = append(found.chosen, name)
		default:
			found.typed = append(found.typed, name)
		}
	}
	return found
}

// awkward is what people and programs send sooner or later, by what to call it.
func (f form) awkward() map[string]url.Values {
	some, many := url.Values{}, url.Values{} // below and above what the door lets in
	for i := range 20_000 {
		many.Set(fmt.Sprint("f", i), "1")
		if i < 5000 {
			some.Set(fmt.Sprint("f", i), "1")
		}
	}
	forms := map[string]url.Values{"an empty form": {}, "20,000 fields": many, "5,000 fields": some}
	for _, field := range f.chosen {
		forms[fmt.Sprintf("a choice as %q that is not offered", field)] = f.with(field, "neither")
	}
	for _, field := range f.typed {
		for what, value := range map[string]string{
			"10,000 letters": strings.Repeat("n", 10_000), "a NUL character": "a\x00b", "a number of 30 digits": strings.Repeat("9", 30), "nothing": "",
		} {
			forms[fmt.Sprintf("%s as %q", what, field)] = f.with(field, value)
		}
	}
	return forms
}

// with is the form filled in, with that value of a field.
func (f form) with(field, value string) url.Values {
	values := maps.Clone(f.values)
	for _, name := range f.typed {
		values.Set(name, "1")
	}
	values.Set(field, value)
	return values
}
