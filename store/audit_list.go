package store

import (
	"cmp"
	"context"
	"slices"
	"time"
)

const (
	namedDeed = `audit.id, audit.at, audit.name, coalesce(audit.actor_id, 0), audit.actor, coalesce(audit.subject_id, 0),
		audit.detail, audit.reason, audit.address, audit.agent, audit.request, coalesce((SELECT username FROM users WHERE id = audit.actor_id), ''),
		coalesce((SELECT username FROM users WHERE id = audit.subject_id), '') FROM audit`

	selectAudit = `SELECT ` + namedDeed + ` WHERE audit.id < $1 ORDER BY audit.id DESC LIMIT 51`

	namedBy              = namedDeed + ` WHERE audit.actor_id = $1 AND audit.id < $2 ORDER BY audit.id DESC`
	selectAuditBy        = `SELECT ` + namedBy + ` LIMIT 51`
	selectAuditByThrough = `SELECT ` + namedBy + ` LIMIT 2001`

	namedTo              = namedDeed + ` WHERE audit.subject_id = $1 AND audit.id < $2 ORDER BY audit.id DESC`
	selectAuditTo        = `SELECT ` + namedTo + ` LIMIT 51`
	selectAuditToThrough = `SELECT ` + namedTo + ` LIMIT 2001`

	namedFrom              = namedDeed + ` WHERE audit.address = $1 AND audit.id < $2 ORDER BY audit.id DESC`
	selectAuditFrom        = `SELECT ` + namedFrom + ` LIMIT 51`
	selectAuditFromThrough = `SELECT ` + namedFrom + ` LIMIT 2001`

	selectAuditAs = `SELECT ` + namedDeed + ` WHERE audit.name = $1 AND audit.id < $2 ORDER BY audit.id DESC LIMIT 51`
)

// NamedDeed is a deed with what both are called today. A name is empty where there is nobody, or
// nobody any more.
type NamedDeed struct {
	Deed
	By, Subject string
}

func (d *NamedDeed) columns() []any { return append(d.Deed.columns(), &d.By, &d.Subject) }

// AuditRetention is how long the audit is stored.
func (s *Store) AuditRetention() time.Duration { return s.rules.AuditRetention }

// Audit lists what administrators and the operator did that fulfils the conditions, newest first,
// ListedPerPage at a time. Who is whoever did it or had it done to them. Conditions cost what those
// of Activity do.
func (s *Store) Audit(ctx context.Context, sought Sought) (Listed[NamedDeed], error) {
	var queries []string
	var value any
	// The one that is likely to have the fewest rows comes first.
	switch {
	case sought.Who != 0:
		queries, value = []string{sought.either(selectAuditBy, selectAuditByThrough), sought.either(selectAuditTo, selectAuditToThrough)}, sought.Who
	case sought.From != "":
		queries, value = []string{sought.either(selectAuditFrom, selectAuditFromThrough)}, sought.From
	case sought.Kind != "":
		queries, value = []string{selectAuditAs}, sought.Kind
	default:
		queries = []string{selectAudit}
	}
	var rows []NamedDeed
	for _, query := range queries {
		args := []any{sought.before()}
		if value != nil {
			args = append([]any{value}, args...)
		}
		some, err := All(ctx, s, query, args, (*NamedDeed).columns)
		if err != nil {
			return Listed[NamedDeed]{}, err
		}
		rows = append(rows, some...)
	}
	id := func(d NamedDeed) int64 { return d.ID }
	if len(queries) > 1 {
		slices.SortFunc(rows, func(a, b NamedDeed) int { return cmp.Compare(b.ID, a.ID) })
		rows = slices.CompactFunc(rows, func(a, b NamedDeed) bool { return a.ID == b.ID })
		rows = rows[:min(len(rows), sought.limit())]
	}
	return lookThrough(rows, id, func(d NamedDeed) bool {
		return (sought.From == "" || d.Address == sought.From) && (sought.Kind == "" || d.Name == sought.Kind)
	}), nil
}
