package store

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync/atomic"
)

// Product is what a product behind the site adds to the store.
type Product struct {
	// Data is what it stores about people.
	Data []Data
	// Letters are the kinds of its letters.
	Letters []ProductLetter
	// Events are the names of its events, Jobs those of its jobs.
	Events, Jobs []string
}

// Data is what a product stores about people under one name.
type Data struct {
	// Name is its name in the file that people download.
	Name string
	// Export returns everything that it holds about a person, as encoding/json writes it.
	Export func(ctx context.Context, user User) (any, error)
	// Erase, where set, erases what no foreign key with ON DELETE CASCADE reaches. It runs in
	// the transaction that erases the account, and before it does so.
	Erase func(ctx context.Context, tx *Tx, user User) error
}

// ProductLetter is a kind of letter that a product writes.
type ProductLetter struct {
	// Kind is its name in the database: product- and small letters, digits and hyphens.
	Kind string
	// Optional says that people may turn it off. Letters that somebody asked for, or that
	// keep an account safe, are not.
	Optional bool
}

// What a product may call its data and events, its letters, and its jobs.
var (
	productName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)
	productKind = regexp.MustCompile(`^product-[a-z0-9-]{1,40}$`)
	jobName     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,49}$`)
)

// ownNames are those of the file that people download.
var ownNames = []string{"site", "account", "sign_ins", "known_devices", "activity", "reserved_usernames", "links_in_letters", "letters", "unwanted_letters", "second_step", "passkeys", "done_by_the_site"}

// Extend adds a product, before the store is used. It returns an error for a name that
// cannot be, or that is taken.
func (s *Store) Extend(p Product) error {
	var data, letters []string
	for _, d := range p.Data {
		data = append(data, d.Name)
	}
	for _, l := range p.Letters {
		letters = append(letters, l.Kind)
	}
	if err := checkNames("data", data, productName, ownNames); err != nil {
		return err
	}
	if err := checkNames("event", p.Events, productName, EventNames); err != nil {
		return err
	}
	if err := checkNames("letter", letters, productKind, LetterKinds); err != nil {
		return err
	}
	if err := checkNames("job", p.Jobs, jobName, nil); err != nil {
		return err
	}
	for _, name := range p.Events {
		s.tally[name] = new(atomic.Int64)
	}
	for _, name := range p.Jobs {
		s.failures[name] = new(atomic.Int64)
	}
	s.product = p
	return nil
}

func checkNames(what string, names []string, shape *regexp.Regexp, taken []string) error {
	for i, name := range names {
		if !shape.MatchString(name) {
			return fmt.Errorf("the %s %q has no good name: it must be like %s", what, name, shape)
		}
		if slices.Contains(taken, name) || slices.Contains(names[:i], name) {
			return fmt.Errorf("the %s %q has a name that another has", what, name)
		}
	}
	return nil
}

// Letter writes a letter of the product to a person. about is what it is about, for
// LetterData.About to read again; it is stored sealed, as JSON. There is no letter where
// the site sends no mail, to an address that was never confirmed, to an account that is
// disabled or closed, where the person turned the kind off, or where they got
// LettersPerHour of the kind.
func (tx *Tx) Letter(ctx context.Context, kind string, user User, about any) error {
	i := slices.IndexFunc(tx.store.product.Letters, func(l ProductLetter) bool { return l.Kind == kind })
	if i < 0 {
		return fmt.Errorf("the product has no letter %q", kind)
	}
	if !tx.store.Mails() || !user.Verified() || user.Disabled() || user.Closed() {
		return nil
	}
	text, err := json.Marshal(about)
	if err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	data := letterFor(user.Email, user, Origin{})
	data.Product = string(text)
	if tx.store.product.Letters[i].Optional {
		var unwanted int
		if err := tx.QueryRowContext(ctx, isUnwanted, user.ID, kind).Scan(&unwanted); err != nil {
			return fmt.Errorf("ask whether a letter is wanted: %w", err)
		}
		if unwanted > 0 {
			return nil
		}
		data.Token = tx.store.unsubscribeToken(user, kind)
	}
	return tx.enqueue(ctx, kind, user, data)
}

// eraseProduct erases what no foreign key reaches, while the account still exists.
func (tx *Tx) eraseProduct(ctx context.Context, id int64) error {
	if !slices.ContainsFunc(tx.store.product.Data, func(d Data) bool { return d.Erase != nil }) {
		return nil
	}
	var user User
	err := user.scan(tx.QueryRowContext(ctx, selectUserByID, id))
	if err != nil {
		return err
	}
	for _, d := range tx.store.product.Data {
		if d.Erase == nil {
			continue
		}
		if err := d.Erase(ctx, tx, user); err != nil {
			return fmt.Errorf("erase %s of user %d: %w", d.Name, id, err)
		}
	}
	return nil
}

// exportProduct collects what the product stores about a person, by its names.
func (s *Store) exportProduct(ctx context.Context, user User) (map[string]any, error) {
	if len(s.product.Data) == 0 {
		return nil, nil
	}
	held := map[string]any{}
	for _, d := range s.product.Data {
		value, err := d.Export(ctx, user)
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", d.Name, err)
		}
		held[d.Name] = value
	}
	return held, nil
}
