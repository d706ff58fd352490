package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gatehouse/store/rules"
)

// CopyColumn is a column of a table that is copied.
type CopyColumn struct {
	Name string
	Kind ColumnKind
}

// CopyTable is a table that is copied.
type CopyTable struct {
	Name string
	// Columns are in the order of their names.
	Columns []CopyColumn
	// References are the tables of which it needs rows.
	References []string
	// ID is the column whose numbers the database gives, or empty.
	ID string
}

// tablesToCopy are those of both ends, each after those of which it needs rows.
func tablesToCopy(ctx context.Context, from, to CopyEnd) ([]CopyTable, error) {
	here, err := from.Tables(ctx)
	if err != nil {
		return nil, err
	}
	there, err := to.Tables(ctx)
	if err != nil {
		return nil, err
	}
	if err := sameTables(here, there); err != nil {
		return nil, err
	}
	return inOrder(there), nil
}

// sameTables refuses what only one side has: a table or a column, or one of another kind.
func sameTables(here, there []CopyTable) error {
	columns := func(tables []CopyTable) map[string]ColumnKind {
		all := map[string]ColumnKind{}
		for _, t := range tables {
			for _, c := range t.Columns {
				all[t.Name+"."+c.Name] = c.Kind
			}
		}
		return all
	}
	source, target := columns(here), columns(there)
	for name, kind := range source {
		switch other, is := target[name]; {
		case !is:
			return rules.Refuse("", "Only the source has %s: nothing was copied.", name)
		case other != kind:
			return rules.Refuse("", "%s is %s in the source and %s in the target: nothing was copied.", name, kind, other)
		}
	}
	for name := range target {
		if _, is := source[name]; !is {
			return rules.Refuse("", "Only the target has %s: nothing was copied.", name)
		}
	}
	return nil
}

// inOrder puts tables behind those that they refer to.
func inOrder(tables []CopyTable) (list []CopyTable) {
	placed := map[string]bool{}
	var place func(t CopyTable)
	place = func(t CopyTable) {
		if placed[t.Name] {
			return
		}
		placed[t.Name] = true
		for _, name := range t.References {
			if i := slices.IndexFunc(tables, func(o CopyTable) bool { return o.Name == name }); i >= 0 {
				place(tables[i])
			}
		}
		list = append(list, t)
	}
	for _, t := range tables {
		place(t)
	}
	return list
}

// AddColumn adds a column of a type that a dialect has a kind for, or refuses the type.
func (t *CopyTable) AddColumn(name, kind string, kinds map[string]ColumnKind) error {
	c := CopyColumn{name, kinds[kind]}
	switch {
	case t.Name+"."+name == momentColumn:
		c.Kind = KindMoment
	case c.Kind == "":
		return rules.Refuse("", "%s.%s is %s, which is not copied: nothing was copied.", t.Name, name, strings.ToLower(kind))
	}
	t.Columns = append(t.Columns, c)
	return nil
}

// Row brings what a driver read into the one form of each kind.
func (t CopyTable) Row(values []any) (row CopyRow, err error) {
	row = make(CopyRow, len(values))
	for i, value := range values {
		if row[i], err = t.Columns[i].Kind.value(value); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Columns[i].Name, err)
		}
	}
	return row, nil
}
