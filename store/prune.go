package store

import "context"

// PruneBatch is how many rows are deleted at a time: so few that the one writer
// of SQLite is not held for longer than 50 ms, also among millions.
const PruneBatch = 200

// Pruning deletes up to limit rows of one kind that have had their time, and
// says how many. Several copies of the program may do so at once.
type Pruning struct {
	Name string
	Do   func(ctx context.Context, limit int) (int64, error)
}

// Prunings are all there are but that of sessions, which are not the store's.
func (s *Store) Prunings() []Pruning {
	return []Pruning{
		{"sign-ins", s.PruneSignIns},
		{"devices", s.PruneDevices},
		{"failed tries", s.PruneThrottles},
		{"events", s.PruneEvents},
		{"reserved usernames", s.PruneUsernames},
		{"closed accounts", s.EraseClosed},
		{"tokens", s.PruneTokens},
		{"pending registrations", s.PrunePending},
		{"letters", s.PruneLetters},
		{"addresses of letters", s.PruneLetterAddresses},
	}
}
