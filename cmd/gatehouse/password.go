package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// askPassword asks twice on a terminal, without showing what is typed, and
// otherwise reads one line. A password is never an argument: other people on
// the machine see those.
func askPassword(t terminal, prompt string) (string, error) {
	file, ok := attended(t)
	if !ok {
		return readLine(t)
	}
	first, err := askHidden(t, file, prompt)
	if err != nil {
		return "", err
	}
	second, err := askHidden(t, file, "The same again")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ")
	}
	return first, nil
}

// askLine asks for one line that is no secret.
func askLine(t terminal, prompt string) (string, error) {
	if _, ok := attended(t); ok {
		fmt.Fprint(t.err, prompt)
	}
	return readLine(t)
}

// attended says whether somebody sits there and can be asked.
func attended(t terminal) (*os.File, bool) {
	file, ok := t.in.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

func readLine(t terminal) (string, error) {
	line, err := bufio.NewReader(t.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read a line: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

func askHidden(t terminal, file *os.File, prompt string) (string, error) {
	fmt.Fprint(t.err, prompt+": ")
	typed, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(t.err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(typed), nil
}
