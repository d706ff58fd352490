package mail

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// answerMax bounds an answer, in bytes.
const answerMax = 64 << 10

// answer is what a mail server says to a command (RFC 5321, 4.2), and an error where
// it is a refusal.
type answer struct {
	code  int
	lines []string
}

// Error is the answer in the words of the server, on one line.
func (a *answer) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%03d %s", a.code, strings.Join(a.lines, " ")))
}

// status is the enhanced status code (RFC 3463), if the answer begins with one.
func (a *answer) status() string {
	status, _, _ := strings.Cut(strings.TrimLeft(a.lines[0], " "), " ")
	return status
}

// agreed is the answer as an error, unless it begins with a digit.
func (a *answer) agreed(digit int, err error) error {
	if err == nil && a.code/100 != digit {
		return a
	}
	return err
}

// readAnswer reads one whole. What does not begin like one is no mail server's, and
// nothing more is read of it: it may never end.
func readAnswer(r *bufio.Reader) (*answer, error) {
	a := &answer{}
	for size := 0; size < answerMax; {
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
		case !ok: // some put lines without a code in between
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

// parseLine reads a line of an answer: the code, alone or before a space, or before a
// hyphen where more lines follow.
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

// excerpt is the beginning of what somebody else said, in whole words and as far as it
// can be read.
func excerpt(line string) string {
	const most = 80
	if len(line) > most {
		line = line[:most]
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
