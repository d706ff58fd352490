package store

import (
	"fmt"
	"math"
	"time"
)

// ColumnKind is what a column holds, whatever a database calls it. There are no others that are copied.
type ColumnKind string

// The kinds of columns.
const (
	KindInteger ColumnKind = "integer"
	KindText    ColumnKind = "text"
	KindBoolean ColumnKind = "boolean"
	KindBytes   ColumnKind = "bytes"
	KindReal    ColumnKind = "real"
	// KindTime is a time to the microsecond, and KindMoment one to the millisecond.
	KindTime   ColumnKind = "time"
	KindMoment ColumnKind = "moment"
)

// momentColumn is the one column that is a number of days on SQLite and a time on PostgreSQL.
const momentColumn = "sessions.expiry"

// value brings what a driver read into the one form of its kind.
func (k ColumnKind) value(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case int64:
		if k == KindInteger {
			return v, nil
		}
	case int32:
		return k.value(int64(v))
	case int16:
		return k.value(int64(v))
	case bool:
		if k == KindBoolean {
			return v, nil
		}
	case string:
		if k == KindText {
			return v, nil
		}
	case []byte:
		if k == KindBytes {
			return v, nil
		}
	case float32:
		return k.value(float64(v))
	case float64:
		switch k {
		case KindReal:
			return v, nil
		case KindMoment:
			return fromDays(v), nil
		}
	case time.Time:
		switch k {
		case KindTime:
			return v.UTC().Truncate(time.Microsecond), nil
		case KindMoment:
			return v.UTC().Round(time.Millisecond), nil
		}
	}
	return nil, fmt.Errorf("a value is no %s", k)
}

// The Julian day of the beginning of Unix time, and the milliseconds of a day.
const (
	unixDay   = 2440587.5
	dayMillis = 86400000
)

func fromDays(days float64) time.Time {
	return time.UnixMilli(int64(math.Round((days - unixDay) * dayMillis))).UTC()
}

// JulianDays is a time as SQLite counts days.
func JulianDays(at time.Time) float64 { return unixDay + float64(at.UnixMilli())/dayMillis }
