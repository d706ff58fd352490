package store

import (
	"context"
	"fmt"
	"time"
)

// PruneBatch is how many rows are deleted at a time: so few that the one writer
// of SQLite is never held for longer than 50 ms (make scale prints the longest).
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
		{"looks", s.EndOldLooks}, // before the sign-ins go
		s.pruning("sign-ins", deleteEndedSignIns, 0),
		s.pruning("devices", deleteOldDevices, DeviceLifetime),
		s.pruning("failed tries", deleteQuietThrottles, failureLifetime),
		s.pruning("events", deleteOldEvents, s.rules.EventRetention),
		s.pruning("audit", deleteOldAudit, s.rules.AuditRetention),
		s.pruning("reserved usernames", deleteOldReserved, 0),
		{"closed accounts", s.EraseClosed},
		s.pruning("passwords of earlier systems", endOldPasswords, 0),
		s.pruning("tokens", deleteOldTokens, 0),
		s.pruning("challenges", deleteOldChallenges, 0),
		s.pruning("pending registrations", deleteOldPending, 0),
		s.pruning("letters", deleteOldLetters, LettersKept),
		s.pruning("letters to nobody here", deleteDoneLetters, letterWindow),
		s.pruning("addresses in letters", emptyAddresses, letterWindow),
		s.pruning("addresses of letters", deleteOldAddresses, letterWindow),
	}
}

// pruning is one by a statement, which takes a time and a limit. It deletes what
// is older than age by the column that the statement looks at.
func (s *Store) pruning(name, statement string, age time.Duration) Pruning {
	return Pruning{name, func(ctx context.Context, limit int) (int64, error) {
		ctx, cancel := background(ctx)
		defer cancel()
		n, err := s.db.Exec(ctx, statement, s.Now().Add(-age), limit)
		if err != nil {
			return 0, fmt.Errorf("prune: %w", err)
		}
		return n, nil
	}}
}
