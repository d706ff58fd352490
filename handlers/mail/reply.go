package mail

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// replyMax is the longest reply, in bytes.
const replyMax = 64 << 10

// reply is the reply of a mail server to a command (RFC 5321, 4.2). It is an error if it is a
// refusal.
type reply struct {
	code  int
	lines []string
}

// Error is the server's text on one line.
func (a *reply) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%03d %s", a.code, strings.Join(a.lines, " ")))
}

// status is the enhanced status code (RFC 3463), if the reply begins with one.
func (a *reply) status() string {
	status, _, _ := strings.Cut(strings.TrimLeft(a.lines[0], " "), " ")
	return status
}

// want returns the reply as an error unless its code begins with digit.
func (a *reply) want(digit int, err error) error {
	if err == nil && a.code/100 != digit {
		return a
	}
	return err
}

// readReply reads a whole reply. If it does not begin like a reply, the peer is not a mail
// server, and reading stops because it may never end.
func readReply(r *bufio.Reader) (*reply, error) {
	a := &reply{}
	for size := 0; size < replyMax; {
		raw, err := r.ReadSlice('\n')
		size += len(raw)
		if len(raw) == 0 {
			return nil, err
		}
		line := strings.TrimRight(string(raw), "\r\n")
		code, text, more, ok := parseLine(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull), !ok && len(a.lines) == 0:
			return nil, fmt.Errorf("that is no answer of a mail server: %s", excerpt(line))
		case !ok: // some servers send lines without a code in between
			a.lines = append(a.lines, line)
			continue
		}
		a.code, a.lines = code, append(a.lines, text)
		if !more {
			return a, nil
		}
	}
	return nil, errors.New("the answer does not end")
}

// parseLine reads a line of a reply: the code, alone or before a space, or before a hyphen if
// more lines follow.
func parseLine(line string) (code int, text string, more, ok bool) {
	if len(line) < 3 || strings.Trim(line[:3], "0123456789") != "" || line[0] < '2' || line[0] > '5' {
		return 0, "", false, false
	}
	code, _ = strconv.Atoi(line[:3])
	if line = line[3:]; line == "" {
		return code, "", false, true
	}
	return code, line[1:], line[0] == '-', line[0] == '-' || line[0] == ' '
}

// excerpt is the printable beginning of a foreign text, in whole words.
func excerpt(line string) string {
	const limit = 80
	if len(line) > limit {
		line = line[:limit]
		if space := strings.LastIndexByte(line, ' '); space > 0 {
			line = line[:space]
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return '.'
	}, line)
}
