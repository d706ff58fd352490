package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"math/bits"
	"time"
)

// rowSum is the sum, modulo 2^256, of the SHA-256 of rows. It is the same in any order.
type rowSum struct {
	rows int64
	sum  [4]uint64
	hash hash.Hash
}

func (s *rowSum) add(t CopyTable, row CopyRow) error {
	if s.hash == nil {
		s.hash = sha256.New()
	}
	s.hash.Reset()
	for i, value := range row {
		if err := writeValue(s.hash, value); err != nil {
			return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
		}
	}
	digest := s.hash.Sum(nil)
	var carry uint64
	for i := range s.sum {
		s.sum[i], carry = bits.Add64(s.sum[i], binary.LittleEndian.Uint64(digest[8*i:]), carry)
	}
	s.rows++
	return nil
}

// writeValue writes a value in a form that no other value has.
func writeValue(to hash.Hash, value any) error {
	number := func(kind byte, n uint64) {
		to.Write(binary.BigEndian.AppendUint64([]byte{kind}, n))
	}
	switch v := value.(type) {
	case nil:
		number('n', 0)
	case int64:
		number('i', uint64(v))
	case bool:
		number('b', map[bool]uint64{true: 1}[v])
	case float64:
		number('r', math.Float64bits(v))
	case time.Time:
		number('t', uint64(v.UnixMicro()))
	case string:
		number('s', uint64(len(v)))
		to.Write([]byte(v))
	case []byte:
		number('y', uint64(len(v)))
		to.Write(v)
	default:
		return fmt.Errorf("%T is no value that is copied", value)
	}
	return nil
}
