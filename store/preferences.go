package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	isUnwanted = `SELECT count(*) FROM unwanted_letters WHERE user_id = $1 AND kind = $2`

	selectUnwanted = `SELECT kind, created_at FROM unwanted_letters WHERE user_id = $1 ORDER BY kind`

	// The account may have been erased meanwhile.
	insertUnwanted = `INSERT INTO unwanted_letters (user_id, kind, created_at)
		SELECT id, $1, $2 FROM users WHERE id = $3 ON CONFLICT (user_id, kind) DO NOTHING`

	deleteUnwanted = `DELETE FROM unwanted_letters WHERE user_id = $1 AND kind = $2`

	dropWaiting = `UPDATE letters SET sealed = NULL WHERE address = $1 AND kind = $2 AND sealed IS NOT NULL`
)

// UnwantedLetter is a kind of letter that a person turned off, and when.
type UnwantedLetter struct {
	Kind      string
	CreatedAt time.Time
}

// UnwantedLetters are the kinds that a person turned off.
func (s *Store) UnwantedLetters(ctx context.Context, user User) ([]UnwantedLetter, error) {
	return All(ctx, s, selectUnwanted, []any{user.ID}, func(u *UnwantedLetter) []any {
		return []any{&u.Kind, UTC{&u.CreatedAt}}
	})
}

// OptionalLetters are the kinds that people may turn off.
func (s *Store) OptionalLetters() []string {
	var kinds []string
	for _, l := range s.product.Letters {
		if l.Optional {
			kinds = append(kinds, l.Kind)
		}
	}
	return kinds
}

// ChooseLetters turns each optional kind on if it is wanted, and off if it is not. A
// letter of a kind that is turned off and still waits is not sent.
func (s *Store) ChooseLetters(ctx context.Context, user User, wanted func(kind string) bool) error {
	return s.Write(ctx, func(tx *Tx) error {
		for _, kind := range s.OptionalLetters() {
			if wanted(kind) {
				if _, err := tx.ExecContext(ctx, deleteUnwanted, user.ID, kind); err != nil {
					return fmt.Errorf("turn on letters: %w", err)
				}
			} else if err := tx.turnOff(ctx, user, kind); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) turnOff(ctx context.Context, user User, kind string) error {
	if _, err := tx.ExecContext(ctx, insertUnwanted, kind, tx.store.Now(), user.ID); err != nil {
		return fmt.Errorf("turn off letters: %w", err)
	}
	if _, err := tx.ExecContext(ctx, dropWaiting, addressKey(user.Email), kind); err != nil {
		return fmt.Errorf("drop letters that wait: %w", err)
	}
	return nil
}

// unsubscribeLabel keeps the tokens apart from letters, which are sealed with the same key.
const unsubscribeLabel = "unsubscribe"

// unsubscribeToken lets whoever has a letter turn off its kind, and nothing else. It
// works for as long as the site has the same secret: a letter may be read years later.
func (s *Store) unsubscribeToken(user User, kind string) string {
	text := fmt.Appendf(nil, "%d %s", user.ID, kind)
	return base64.RawURLEncoding.EncodeToString(s.rules.Keys.Letters.Seal(text, unsubscribeLabel))
}

// readUnsubscribe says whose letters of which kind a token turns off, or returns
// ErrInvalidLink.
func (s *Store) readUnsubscribe(token string) (userID int64, kind string, err error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || !s.Mails() {
		return 0, "", ErrInvalidLink
	}
	text, err := s.rules.Keys.Letters.Open(sealed, unsubscribeLabel)
	if err != nil {
		return 0, "", ErrInvalidLink
	}
	number, kind, _ := strings.Cut(string(text), " ")
	userID, err = strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, "", ErrInvalidLink
	}
	return userID, kind, nil
}

// UnsubscribeKind is the kind of letter that the token of an unsubscribe link turns
// off, or ErrInvalidLink. It asks no database, so it says nothing about an account.
func (s *Store) UnsubscribeKind(token string) (string, error) {
	_, kind, err := s.readUnsubscribe(token)
	return kind, err
}

// Unsubscribe turns a kind of letter off for whoever the token was sent to, and returns
// the kind. It returns ErrInvalidLink for any other token. Whether the account still
// exists makes no difference.
func (s *Store) Unsubscribe(ctx context.Context, token string) (string, error) {
	id, kind, err := s.readUnsubscribe(token)
	if err != nil {
		return "", err
	}
	user, err := s.UserByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return kind, nil
	}
	if err != nil {
		return "", fmt.Errorf("unsubscribe: %w", err)
	}
	return kind, s.Write(ctx, func(tx *Tx) error { return tx.turnOff(ctx, user, kind) })
}
