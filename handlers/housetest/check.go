package housetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"gatehouse/handlers"
	"gatehouse/handlers/visitor"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Answers are what the test of a product knows and Check cannot find out.
type Answers struct {
	// Examples are addresses of routes whose path has placeholders, by that path: for
	// /books/{id} perhaps /books/1. They are there for the first person for whom Lived ran.
	Examples map[string]string
	// Lived leaves something of a person in every column of every table about people: those
	// with a column user_id, or another that refers to users. Two people leave different
	// texts, with the username in them. Where a page takes a permission it gives Ada, the first
	// person, a role that has it, with House.GiveRole.
	Lived func(t testing.TB, h *House, user store.User)
	// Secret are the columns of such tables that no download shows, by table.
	Secret map[string][]string
	// Queries is how many statements a page may take, 6 if it is 0. Two of them are to see
	// who is signed in.
	Queries int
	// Bytes is how large a page may be once it is compressed, 14 KiB if it is 0: that is what
	// arrives without a further round trip.
	Bytes int
}

// Check requires of the pages and tables of a product what the site promises for its own,
// on both databases. Guards hold. Pages are light, ask little of the database, can be read
// by everybody, and change nothing when they are looked at. Forms of other sites do
// nothing, and no form is a fault. What is stored about people is in their download, and is
// gone once they are erased. It checks nothing where there is no product.
func Check(t *testing.T, product Product, answers Answers) {
	t.Helper()
	if reflect.ValueOf(product(&handlers.Site{})).IsZero() {
		return
	}
	for _, d := range storetest.Databases {
		for name, look := range looks {
			t.Run(d.Name+" "+name, func(t *testing.T) {
				t.Parallel()
				for _, fault := range faults(t, d, product, answers, look) {
					t.Error(fault)
				}
			})
		}
	}
}

// looks are what Check looks at, each in a house of its own.
var looks = map[string]func(c *checker){"pages": (*checker).pages, "forms": (*checker).forms, "tables": (*checker).tables}

// faults are the sentences of what is wrong, each once.
func faults(t testing.TB, d storetest.Database, product Product, answers Answers, look func(c *checker)) []string {
	t.Helper()
	c := &checker{t: t, answers: answers, watch: &storetest.Watch{}}
	var err error
	if c.h, err = open(t, d.Watched(c.watch), product); err != nil {
		return []string{"the site does not start with this product: " + err.Error()}
	}
	look(c)
	return c.faults
}

// checker collects what is wrong with a product.
type checker struct {
	t       testing.TB
	h       *House
	answers Answers
	watch   *storetest.Watch
	faults  []string
}

func (c *checker) fault(format string, args ...any) {
	if fault := fmt.Sprintf(format, args...); !slices.Contains(c.faults, fault) {
		c.faults = append(c.faults, fault)
	}
}

// The people of a product's test. Lived runs for Ada first.
const ada, grace, joan = "ada", "grace", "joan"

// lived makes Ada and Grace, whose addresses are verified, and has each leave something.
func (c *checker) lived() (a, g store.User) {
	c.t.Helper()
	a, g = c.h.verify(c.t, ada), c.h.verify(c.t, grace)
	if c.answers.Lived != nil {
		c.answers.Lived(c.t, c.h, a)
		c.answers.Lived(c.t, c.h, g)
	}
	return a, g
}

// person is somebody who tries the pages of a product.
type person struct {
	// name is what faults call them.
	name string
	*visitor.Visitor
	// user is nil for who is not signed in.
	user *store.User
	// recent says that they signed in just now.
	recent bool
}

// people are those who try the pages. The last meets every guard.
func (c *checker) people() []person {
	c.t.Helper()
	c.lived()
	// Lived may have given them a role.
	a := c.h.User(c.t, ada)
	people := []person{
		{"somebody who is not signed in", c.h.Visitor(c.t), nil, false},
		{"somebody whose address is not verified", c.h.SignedIn(c.t, joan), nil, false},
		{"somebody who signed in some time ago", c.h.SignedIn(c.t, ada), &a, false},
		{"somebody who just signed in", c.h.Recent(c.t, ada), &a, true},
	}
	j := c.h.User(c.t, joan)
	people[1].user = &j
	people[3].Get("/account").Is(200) // what is written down at the first visit is
	return people
}

// example is a route of the product with an address of it.
type example struct {
	handlers.Route
	address string
}

// examples are those of its routes with a method. Its front page is one of them.
func (c *checker) examples(method string) []example {
	p := c.h.Site.Product
	var found []example
	if p.Front != nil && method == "GET" {
		found = append(found, example{handlers.Route{Method: method, Path: "/", Guard: handlers.Everyone, Do: p.Front}, "/"})
	}
	for _, r := range p.Routes {
		address, known := c.answers.Examples[r.Path]
		switch {
		case r.Method != method:
		case !known && hasPlaceholder(r.Path):
			c.fault("%s %s was not tried: name an address of it in Answers.Examples, as in %q: %q", r.Method, r.Path, r.Path, exampleOf(r.Path))
		case !known:
			found = append(found, example{r, r.Path})
		default:
			found = append(found, example{r, address})
		}
	}
	return found
}
