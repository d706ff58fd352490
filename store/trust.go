package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/store/secret"
)

const (
	// TrustMax is the longest that a site may let people trust a browser.
	TrustMax = 90 * 24 * time.Hour
	// TrustTokens is how many tokens of trust a browser holds at most: people who share one
	// do not push each other out.
	TrustTokens = 4
)

const (
	selectTrusted = `SELECT 1 FROM devices WHERE user_id = $1 AND device = $2 AND trust IN ($3, $4, $5, $6)
		AND trusted_until > $7 AND trusted_until <= $8`

	updateTrust = `UPDATE devices SET trust = $1, trusted_until = $2 WHERE user_id = $3 AND device = $4`

	endTrust = `UPDATE devices SET trust = '', trusted_until = NULL WHERE user_id = $1 AND trusted_until IS NOT NULL`

	// The browser is known where somebody is signed in there, which may be more than once.
	selectTrustedBrowsers = `SELECT devices.device, devices.seen_at, devices.trusted_until, coalesce(signins.agent, '')
		FROM devices LEFT JOIN signins ON signins.user_id = devices.user_id AND signins.device = devices.device
		WHERE devices.user_id = $1 AND devices.trusted_until > $2 AND devices.trusted_until <= $3`
)

// TrustedBrowser is a browser that is not asked for the second step.
type TrustedBrowser struct {
	// SeenAt is the last sign-in there, Until when it is asked again.
	SeenAt, Until time.Time
	// Agent is the browser, or empty where nobody is signed in there.
	Agent string

	device string
}

// On says whether it is the browser of a sign-in.
func (b TrustedBrowser) On(n SignIn) bool { return b.device != "" && b.device == n.device }

// Trust is how long somebody may trust a browser; 0 is not at all.
func (s *Store) Trust() time.Duration { return s.rules.Trust }

// trusted says whether somebody with a second step trusts the browser. It makes a sign-in by
// password shorter and nothing else, so it is not asked for a closed account.
func (s *Store) trusted(ctx context.Context, user User, from Origin) (bool, error) {
	if !user.SecondStep() || user.Closed() {
		return false, nil
	}
	return isTrusted(s.db.ReadContext(ctx), s.db.Read, s, user, from)
}

// isTrusted takes two tokens: that of the device, which lives long and opens nothing, and
// that which was made when the browser was trusted. So what was copied from the browser
// before that is worth nothing. Staff are always asked.
func isTrusted(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, s *Store, user User, from Origin,
) (bool, error) {
	if s.rules.Trust == 0 || from.Device == "" || from.Trust == "" || user.Staff() {
		return false, nil
	}
	now := s.Now()
	args := []any{user.ID, secret.Digest(from.Device)}
	tokens := strings.SplitN(from.Trust, ".", TrustTokens+1)
	for i := range TrustTokens {
		digest := "none" // an empty one is that of every browser that is not trusted
		if i < len(tokens) {
			digest = secret.Digest(tokens[i])
		}
		args = append(args, digest)
	}
	var one int
	err := db.QueryRowContext(ctx, selectTrusted, append(args, now, latest(now, s.rules.Trust))...).Scan(&one)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for a trusted browser: %w", err)
	}
	return err == nil, nil
}

// trust trusts the browser of a sign-in if its person asked for that. The time is counted
// from here and never prolonged.
func (tx *Tx) trust(ctx context.Context, e Entry, device string, from Origin) error {
	if e.Trust == "" || e.User.Staff() || e.Kind != KindCode && e.Kind != KindPasswordPasskey || device == "" || tx.store.rules.Trust == 0 {
		return nil
	}
	until := tx.store.Now().Add(tx.store.rules.Trust)
	if _, err := tx.ExecContext(ctx, updateTrust, secret.Digest(e.Trust), until, e.User.ID, device); err != nil {
		return fmt.Errorf("trust a browser of user %d: %w", e.User.ID, err)
	}
	return tx.Record(ctx, e.User.ID, EventTrusted, "", from)
}

// EndTrust asks for the second step everywhere again.
func (s *Store) EndTrust(ctx context.Context, user User, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		// A sign-in that found the browser trusted is either before this or refused.
		if err := tx.lockUser(ctx, user.ID); err != nil {
			return err
		}
		ended, err := tx.changed(ctx, endTrust, user.ID)
		if err != nil {
			return fmt.Errorf("end the trust of user %d: %w", user.ID, err)
		}
		if ended == 0 {
			return nil
		}
		return tx.Record(ctx, user.ID, EventTrustEnded, "", from)
	})
}

func (tx *Tx) endTrust(ctx context.Context, user User) error {
	if _, err := tx.ExecContext(ctx, endTrust, user.ID); err != nil {
		return fmt.Errorf("end the trust of user %d: %w", user.ID, err)
	}
	return nil
}

// trustedBrowsers are those of a person, the one that was trusted last first.
func (s *Store) trustedBrowsers(ctx context.Context, user User) ([]TrustedBrowser, error) {
	now := s.Now()
	list, err := All(ctx, s, selectTrustedBrowsers, []any{user.ID, now, latest(now, s.rules.Trust)}, func(b *TrustedBrowser) []any {
		return []any{&b.device, UTC{&b.SeenAt}, UTC{&b.Until}, &b.Agent}
	})
	slices.SortFunc(list, func(a, b TrustedBrowser) int {
		return cmp.Or(b.Until.Compare(a.Until), strings.Compare(a.device, b.device))
	})
	return slices.CompactFunc(list, func(a, b TrustedBrowser) bool { return a.device == b.device }), err
}
