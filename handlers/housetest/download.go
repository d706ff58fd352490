package housetest

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/store"
)

// exported requires that the file which a person downloads holds every value about them
// that is not named as secret.
func (c *checker) exported(owners []owner, user store.User) {
	held := c.downloaded(user)
	for _, o := range owners {
		rows := c.rows(o, user)
		for i, column := range c.h.tables[o.table] {
			if len(rows) == 0 || column == o.column || slices.Contains(c.answers.Secret[o.table], column) {
				continue
			}
			tried := false
			for _, row := range rows {
				if value := row[i]; value != nil && !reflect.ValueOf(value).IsZero() {
					tried = true
					if !slices.ContainsFunc(held, func(h any) bool { return same(value, h) }) {
						c.fault("%s.%s is about a person: put it into Data.Export, or name it in Answers.Secret", o.table, column)
					}
				}
			}
			if !tried {
				c.fault("%s.%s is empty in what Answers.Lived leaves, so this test shows nothing about it: fill it in", o.table, column)
			}
		}
	}
}

// downloaded is every value that the product adds to the file that a person downloads,
// whole lists and objects included.
func (c *checker) downloaded(user store.User) []any {
	answer := c.h.Recent(c.t, user.Username).Get("/account/export")
	var file map[string]any
	decoder := json.NewDecoder(strings.NewReader(answer.Body))
	decoder.UseNumber()
	if err := decoder.Decode(&file); err != nil {
		c.fault("the download of somebody's data answers %d: see the log of this test", answer.Status)
	}
	var held []any
	for _, d := range c.h.Site.Product.Data {
		held = append(held, within(file[d.Name])...)
	}
	return held
}

// within is a value and all that it holds.
func within(value any) []any {
	held := []any{value}
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			held = append(held, within(v)...)
		}
	case map[string]any:
		for _, v := range value {
			held = append(held, within(v)...)
		}
	}
	return held
}

// same says whether a value of a database and one of a file are the same, however each of
// them writes it.
func same(stored, held any) bool {
	if _, list := held.([]any); list {
		return sameJSON(stored, held)
	}
	if _, object := held.(map[string]any); object {
		return sameJSON(stored, held)
	}
	text := fmt.Sprint(held)
	switch stored := stored.(type) {
	case time.Time:
		t, err := time.Parse(time.RFC3339Nano, text)
		return err == nil && t.Truncate(time.Microsecond).Equal(stored.Truncate(time.Microsecond)) || text == stored.Format(time.DateOnly) || text == strconv.FormatInt(stored.Unix(), 10)
	case bool:
		return text == strconv.FormatBool(stored)
	case int64: // SQLite has no booleans of its own
		return text == strconv.FormatInt(stored, 10) || text == strconv.FormatBool(stored != 0) && stored == 1
	case float64:
		number, err := strconv.ParseFloat(text, 64)
		return err == nil && math.Abs(number-stored) <= 1e-6*math.Abs(stored)
	}
	if fmt.Sprint(stored) == text {
		return true
	}
	// Exact numbers and times may be texts in a database.
	number, err := strconv.ParseFloat(fmt.Sprint(stored), 64)
	if err == nil {
		other, err := strconv.ParseFloat(text, 64)
		return err == nil && number == other
	}
	at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(stored))
	return err == nil && same(at, held)
}

// sameJSON says whether a text is a list or an object of the file.
func sameJSON(stored, held any) bool {
	text, ok := stored.(string)
	if !ok {
		return false
	}
	var value any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(&value) == nil && reflect.DeepEqual(value, held)
}
