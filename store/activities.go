package store

import "context"

const (
	// Whoever is erased has no name.
	happened = `events.id, events.user_id, events.at, events.name, events.operator, coalesce(events.actor_id, 0),
		coalesce((SELECT username FROM users WHERE id = events.actor_id), ''), events.address, events.agent, events.request, events.detail,
		coalesce((SELECT username FROM users WHERE id = events.user_id), '') FROM events`

	selectHappened = `SELECT ` + happened + ` WHERE events.id < $1 ORDER BY events.id DESC LIMIT 51`

	happenedTo              = happened + ` WHERE events.user_id = $1 AND events.id < $2 ORDER BY events.id DESC`
	selectHappenedTo        = `SELECT ` + happenedTo + ` LIMIT 51`
	selectHappenedToThrough = `SELECT ` + happenedTo + ` LIMIT 2001`

	happenedFrom              = happened + ` WHERE events.address = $1 AND events.id < $2 ORDER BY events.id DESC`
	selectHappenedFrom        = `SELECT ` + happenedFrom + ` LIMIT 51`
	selectHappenedFromThrough = `SELECT ` + happenedFrom + ` LIMIT 2001`

	selectHappenedAs = `SELECT ` + happened + ` WHERE events.name = $1 AND events.id < $2 ORDER BY events.id DESC LIMIT 51`
)

// Happened is an event with the username of whose it is.
type Happened struct {
	DoneEvent
	Username string
}

func (e *Happened) columns() []any {
	return []any{
		&e.ID, &e.UserID,
		UTC{&e.At},
		&e.Name, &e.Operator, &e.By, &e.Actor,
		&e.Address, &e.Agent, &e.Request, &e.Detail, &e.Username,
	}
}

// Activity lists what happened to everybody that fulfils the conditions, newest first, ListedPerPage at a
// time. One condition finds its rows by an index; further ones are applied to the next LookedThrough
// rows of it.
func (s *Store) Activity(ctx context.Context, sought Sought) (Listed[Happened], error) {
	query, args := selectHappened, []any{sought.before()}
	// The one that is likely to have the fewest rows comes first.
	switch {
	case sought.Who != 0:
		query, args = sought.either(selectHappenedTo, selectHappenedToThrough), append([]any{sought.Who}, args...)
	case sought.From != "":
		query, args = sought.either(selectHappenedFrom, selectHappenedFromThrough), append([]any{sought.From}, args...)
	case sought.Kind != "":
		query, args = selectHappenedAs, append([]any{sought.Kind}, args...)
	}
	rows, err := All(ctx, s, query, args, (*Happened).columns)
	return lookThrough(rows, func(e Happened) int64 { return e.ID }, func(e Happened) bool {
		return (sought.From == "" || e.Address == sought.From) && (sought.Kind == "" || e.Name == sought.Kind)
	}), err
}
