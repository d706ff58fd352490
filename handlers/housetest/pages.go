package housetest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/handlers"
	"gatehouse/handlers/visitor"
)

const (
	defaultQueries = 6
	defaultBytes   = 14 << 10
)

// pages opens every page of the product as everybody.
func (c *checker) pages() {
	people := c.people()
	dump := c.h.kind.Dump(c.t, c.h.Database)
	for _, r := range c.examples(http.MethodGet) {
		all := people[len(people)-1]
		if !admits(r.Route, all) {
			c.fault("GET %s was not tried, because nobody is allowed to see it: have Answers.Lived allow the first person it is called for", r.Path)
		}
		for _, p := range people {
			c.watch.Take()
			answer := p.Get(r.address)
			taken := c.watch.Take()
			switch {
			case !admits(r.Route, p):
				c.holds(r.Route, p, answer)
			case answer.Status >= 500:
				c.fault("GET %s answers %d to %s: see the log of this test", r.Path, answer.Status, p.name)
			case p == all && answer.Status != http.StatusOK && answer.Status != http.StatusSeeOther:
				c.fault("GET %s was not tried, because %s answers %d: have Answers.Lived make it, and Answers.Examples name it", r.Path, r.address, answer.Status)
			case p == all || p == people[0]:
				c.page(p, answer, taken)
			}
			if head := p.Send(http.MethodHead, r.address, nil, nil); head.Status != answer.Status {
				c.fault("HEAD %s answers %d, and GET %d", r.Path, head.Status, answer.Status)
			}
			after := c.h.kind.Dump(c.t, c.h.Database)
			if after != dump {
				c.fault("GET %s changes %s: looking at a page must change nothing, because programs open addresses too", r.Path, changed(dump, after))
			}
			dump = after
		}
	}
	for path := range c.answers.Examples {
		if !slices.ContainsFunc(c.h.Site.Product.Routes, func(r handlers.Route) bool { return r.Path == path }) {
			c.fault("Answers.Examples has %q, which is no path of the product", path)
		}
	}
}

// changed are the tables whose rows differ between two dumps.
func changed(before, after string) string {
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	var tables []string
	for _, lines := range [][2][]string{{old, now}, {now, old}} {
		for _, line := range lines[0] {
			table, _, _ := strings.Cut(line, " ")
			if !slices.Contains(lines[1], line) && !slices.Contains(tables, table) {
				tables = append(tables, table)
			}
		}
	}
	slices.Sort(tables)
	return strings.Join(tables, " and ")
}

// page requires of a page that was shown what every page has. taken are its statements.
func (c *checker) page(p person, answer *visitor.Page, taken []string) {
	if most := cmp.Or(c.answers.Queries, defaultQueries); len(taken) > most {
		c.fault("%s takes %d statements, at most %d are granted: ask for less, or raise Answers.Queries\n\t%s",
			answer.Path, len(taken), most, strings.Join(taken, "\n\t"))
	}
	if answer.Status != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		return
	}
	if title := answer.Find("title").Text(); !strings.HasSuffix(title, c.h.Site.Name) {
		c.fault("%s has the title %q, which does not end in the name of the site: answer with Site.Show", answer.Path, title)
	}
	if n := answer.Find("h1").Length(); n != 1 {
		c.fault("%s has %d headings h1, want one that says what the page is", answer.Path, n)
	}
	seen := map[string]int{}
	for _, element := range answer.Find("[id]").EachIter() {
		id := element.AttrOr("id", "")
		if seen[id]++; seen[id] == 2 {
			c.fault("%s has the id %q twice", answer.Path, id)
		}
	}
	for _, field := range answer.Find("input, select, textarea").EachIter() {
		if !hasLabel(answer, field) {
			c.fault("%s has a field %q without a label: draw it with components.Input", answer.Path, field.AttrOr("name", ""))
		}
	}
	fragment := p.Send(http.MethodGet, answer.Path, nil, http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}})
	if strings.Contains(fragment.Body, "<html") || fragment.Status != http.StatusOK || fragment.Find("h1").Text() != answer.Find("h1").Text() {
		c.fault("%s answers %d to htmx and not with the body of the page alone: answer with Site.Show", answer.Path, fragment.Status)
	}
	if p.user == nil {
		return // it is weighed with the links of whoever is signed in
	}
	packed := p.Send(http.MethodGet, answer.Path, nil, http.Header{"Accept-Encoding": {"gzip"}})
	if most := cmp.Or(c.answers.Bytes, defaultBytes); len(packed.Body) > most {
		c.fault("%s takes %d bytes compressed, at most %d are granted: show less at a time, or raise Answers.Bytes", answer.Path, len(packed.Body), most)
	}
}

// hasLabel says whether a field that people see says what it is for.
func hasLabel(page *visitor.Page, field *goquery.Selection) bool {
	if _, hidden := field.Attr("hidden"); hidden || slices.Contains([]string{"hidden", "submit", "button", "reset", "image"}, field.AttrOr("type", "")) {
		return true
	}
	id := field.AttrOr("id", "")
	return id != "" && page.Find(`label[for="`+id+`"]`).Length() > 0 || field.Closest("label").Length() > 0 ||
		field.AttrOr("aria-label", "")+field.AttrOr("aria-labelledby", "") != ""
}
