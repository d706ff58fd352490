package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"gatehouse/store/rules"
)

const (
	selectDueLetters = `SELECT id, kind, sealed, tries, created_at, expires_at, due_at FROM letters
		WHERE sealed IS NOT NULL AND priority = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3`

	// These are due later than any pause can make them: the clock was ahead.
	selectStrayLetters = `SELECT id, kind, sealed, tries, created_at, expires_at, due_at FROM letters
		WHERE sealed IS NOT NULL AND priority = $1 AND due_at > $2 ORDER BY due_at LIMIT $3`
)

// dueLetter is a letter that may be sent now. lost says why it cannot be read.
type dueLetter struct {
	Letter
	sealed []byte
	due    time.Time
	lost   error
}

// dueLetters are up to limit letters that are due, to each domain no more than it has
// room for. It reads on past the letters that a domain has no room for, however many.
func (s *Store) dueLetters(ctx context.Context, priority Priority, now time.Time, limit int, room func(domain string) int) ([]dueLetter, error) {
	into := func(r *dueLetter) []any {
		return []any{&r.ID, &r.Kind, &r.sealed, &r.Tries, UTC{&r.Written}, UTC{&r.Expires}, UTC{&r.due}}
	}
	for look := limit; ; look *= 4 {
		list, err := All(ctx, s, selectDueLetters, []any{priority, now, look}, into)
		if err == nil && len(list) < look {
			var stray []dueLetter
			stray, err = All(ctx, s, selectStrayLetters, []any{priority, latest(now, pauses[len(pauses)-1]), look - len(list)}, into)
			list = append(list, stray...)
		}
		if err != nil {
			return nil, err
		}
		if due := s.withRoom(list, now, room); len(due) >= limit || len(list) < look {
			return due[:min(len(due), limit)], nil
		}
	}
}

// withRoom opens letters and returns those that there is room for. Letters that will
// not be sent need none.
func (s *Store) withRoom(list []dueLetter, now time.Time, room func(domain string) int) []dueLetter {
	var fit []dueLetter
	to := map[string]int{}
	for _, r := range list {
		text, err := s.rules.Keys.Letters.Open(r.sealed, r.Kind)
		if err == nil {
			err = json.Unmarshal(text, &r.LetterData)
		}
		r.lost = err
		if room != nil && err == nil && now.Before(r.Expires) && r.Kind != askReset {
			domain := r.Domain()
			if to[domain] >= room(domain) {
				continue
			}
			to[domain]++
		}
		fit = append(fit, r)
	}
	return fit
}

// Domain is where the letter goes, in one spelling.
func (l Letter) Domain() string {
	domain := l.To[strings.LastIndexByte(l.To, '@')+1:]
	if ascii, err := rules.ASCIIDomain(domain); err == nil {
		domain = ascii
	}
	return strings.ToLower(strings.TrimSuffix(domain, "."))
}
