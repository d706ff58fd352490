package housetest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// owner is a column that says whom a row of the product is about.
type owner struct{ table, column string }

// String is the table, and the column where it is not called user_id.
func (o owner) String() string {
	if o.column == "user_id" {
		return o.table
	}
	return o.table + "." + o.column
}

// owners are those of the product's tables.
func (c *checker) owners() []owner {
	var found []owner
	keys := c.h.kind.Keys(c.t, c.h.Database)
	for _, table := range slices.Sorted(maps.Keys(c.h.tables)) {
		for _, column := range c.h.tables[table] {
			if column == "user_id" || keys[table+"."+column] == "users" {
				found = append(found, owner{table, column})
			}
		}
	}
	return found
}

// rows are those about a person, in the order of the table's columns.
func (c *checker) rows(o owner, user store.User) [][]any {
	columns := `"` + strings.Join(c.h.tables[o.table], `", "`) + `"`
	return storetest.Rows(c.t, c.h.Database, `SELECT `+columns+` FROM "`+o.table+`" WHERE "`+o.column+`" = $1`, user.ID)
}

// tables requires that what is stored about people is in their download, and is gone once
// they are erased.
func (c *checker) tables() {
	owners := c.owners()
	c.secretsExist(owners)
	if len(owners) == 0 {
		return
	}
	a, g := c.lived()
	words := c.words(owners, a, g)
	indexed := c.h.kind.Indexed(c.t, c.h.Database)
	kept := map[owner]int{}
	for _, o := range owners {
		if !slices.Contains(indexed, o.table+"."+o.column) {
			c.fault("%s.%s begins no index, so erasing an account looks through all of %s: CREATE INDEX %s_%s ON %s (%s)",
				o.table, o.column, o.table, o.table, o.column, o.table, o.column)
		}
		kept[o] = len(c.rows(o, g))
		if len(c.rows(o, a)) == 0 {
			c.fault("nothing in %s, so this test shows nothing about it: let Answers.Lived leave something there", o)
		} else if kept[o] == 0 {
			c.fault("nothing of a second person in %s: let Answers.Lived leave something there of whomever it is called for", o)
		}
	}
	c.exported(owners, a)
	if err := c.h.Store.Erase(c.t.Context(), a, storetest.Operator); err != nil {
		c.fault("erasing an account fails: end its keys with ON DELETE CASCADE, or write Data.Erase: %v", err)
		return
	}
	for _, o := range owners {
		if n := len(c.rows(o, a)); n > 0 {
			c.fault("%d rows of an erased person are left in %s: end the key with ON DELETE CASCADE, or delete them in Data.Erase", n, o)
		}
		if n := len(c.rows(o, g)); n != kept[o] {
			c.fault("of %d rows of somebody else in %s %d are left after erasing a person", kept[o], o, n)
		}
	}
	c.forgotten(a, words)
}

// secretsExist requires that Answers.Secret names columns about people alone.
func (c *checker) secretsExist(owners []owner) {
	for table, columns := range c.answers.Secret {
		about := slices.ContainsFunc(owners, func(o owner) bool { return o.table == table })
		for _, column := range columns {
			if !about || !slices.Contains(c.h.tables[table], column) {
				c.fault("Answers.Secret has %s.%s, which is no column of the product about people", table, column)
			}
		}
	}
}

// words are the texts in rows about one person that stand in none about the other.
func (c *checker) words(owners []owner, of, other store.User) []string {
	var words []string
	for _, o := range owners {
		theirs := textsOf(c.rows(o, other))
		for _, text := range textsOf(c.rows(o, of)) {
			if len(text) >= wordMin && !slices.Contains(theirs, text) {
				words = append(words, text)
			}
		}
	}
	return words
}

// wordMin is the length of a text that does not stand somewhere by chance.
const wordMin = 5

func textsOf(rows [][]any) []string {
	var texts []string
	for _, row := range rows {
		for _, value := range row {
			if text, ok := value.(string); ok {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// forgotten requires that nothing a person wrote is left in any table, nor who they were.
func (c *checker) forgotten(user store.User, words []string) {
	// A session may hold a sentence that was never shown, until it expires.
	for _, line := range strings.Split(c.h.kind.Dump(c.t, c.h.Database, "reserved_usernames", "sessions"), "\n") {
		table, _, _ := strings.Cut(line, " ")
		for _, word := range words {
			if strings.Contains(line, word) {
				c.fault("%q, which an erased person left, still stands in %s: delete it, or write Data.Erase", word, table)
			}
		}
		if who := regexp.MustCompile(fmt.Sprintf(`(?i)\b(%s|%s)\b`, user.Username, user.Name)).FindString(line); who != "" {
			c.fault("%q, which is who an erased person was, still stands in %s: delete it, or write Data.Erase", who, table)
		}
	}
}
