package store

import (
	"context"
	"fmt"
	"time"
)

const (
	anyEndedSignIn = `SELECT EXISTS (SELECT 1 FROM signins WHERE idle_at <= $1)`
	anyOldEvent    = `SELECT EXISTS (SELECT 1 FROM events WHERE at <= $1)`
	anyOldAudit    = `SELECT EXISTS (SELECT 1 FROM audit WHERE at <= $1)`
	anyOldToken    = `SELECT EXISTS (SELECT 1 FROM tokens WHERE expires_at <= $1)`

	selectOtherDomain = `SELECT coalesce((SELECT domain FROM passkeys WHERE domain <> $1 LIMIT 1), '')`
)

// overdueAfter is how long after their time rows are overdue. A site that is served deletes them within
// minutes.
const overdueAfter = 24 * time.Hour

// Overdue names what should have been deleted a day ago, as where no copy of the program is served.
func (s *Store) Overdue(ctx context.Context) (kinds []string, err error) {
	for _, kind := range []struct {
		name, query string
		age         time.Duration
	}{
		{"sign-ins", anyEndedSignIn, 0},
		{"events", anyOldEvent, s.rules.EventRetention},
		{"audit", anyOldAudit, s.rules.AuditRetention},
		{"tokens", anyOldToken, 0},
	} {
		var some bool
		at := s.Now().Add(-kind.age - overdueAfter)
		if err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), kind.query, at).Scan(&some); err != nil {
			return nil, fmt.Errorf("look for what is overdue: %w", err)
		}
		if some {
			kinds = append(kinds, kind.name)
		}
	}
	return kinds, nil
}

// OtherPasskeyDomain is a domain that passkeys here were made for and that is not this one, or empty.
// Browsers offer none of them.
func (s *Store) OtherPasskeyDomain(ctx context.Context, domain string) (other string, err error) {
	if err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectOtherDomain, domain).Scan(&other); err != nil {
		return "", fmt.Errorf("look for passkeys of another domain: %w", err)
	}
	return other, nil
}
