package handlers

import (
	"encoding/binary"
	"fmt"
	"time"
)

// codec encodes session values compactly: the deadline, then pairs of key and value, each with
// its length in front. Values are strings and, because scs stores one itself, booleans.
type codec struct{}

const (
	kindString = 's'
	kindBool   = 'b'
)

// Encode returns an error for a value that is neither string nor bool.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	data := binary.AppendVarint(make([]byte, 0, 128), deadline.UnixMicro())
	for key, value := range values {
		data = appendText(data, key)
		switch value := value.(type) {
		case string:
			data = appendText(append(data, kindString), value)
		case bool:
			data = append(data, kindBool, 0)
			if value {
				data[len(data)-1] = 1
			}
		default:
			return nil, fmt.Errorf("session value %s is a %T", key, value)
		}
	}
	return data, nil
}

// Decode never fails. Data that cannot be read becomes an empty session, so the person is
// signed out.
func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	values := make(map[string]any, 4)
	micros, n := binary.Varint(data)
	if n <= 0 {
		return time.Time{}, values, nil
	}
	deadline := time.UnixMicro(micros).UTC()
	data = data[n:]
	for len(data) > 0 {
		key, rest, ok := cutText(data)
		if !ok || len(rest) < 2 {
			return deadline, map[string]any{}, nil
		}
		switch kind := rest[0]; kind {
		case kindString:
			value, after, ok := cutText(rest[1:])
			if !ok {
				return deadline, map[string]any{}, nil
			}
			values[key], data = value, after
		case kindBool:
			values[key], data = rest[1] == 1, rest[2:]
		default:
			return deadline, map[string]any{}, nil
		}
	}
	return deadline, values, nil
}

func appendText(data []byte, text string) []byte {
	return append(binary.AppendUvarint(data, uint64(len(text))), text...)
}

func cutText(data []byte) (text string, rest []byte, ok bool) {
	length, n := binary.Uvarint(data)
	if n <= 0 || length > uint64(len(data)-n) {
		return "", nil, false
	}
	end := n + int(length)
	return string(data[n:end]), data[end:], true
}
