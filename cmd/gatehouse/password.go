package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// askPassword asks twice on a terminal without showing what is typed, and otherwise reads one
// line. A password is never an argument, because other users of the machine see arguments.
func askPassword(t terminal, prompt string) (string, error) {
	file, ok := attended(t)
	if !ok {
		line, err := readLine(t)
		if strings.HasPrefix(line, "\ufeff") {
			return "", errors.New("what was piped begins with an invisible byte-order mark: pipe it as UTF-8 without one")
		}
		return line, err
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

// askLine asks for one line that is not secret.
func askLine(t terminal, prompt string) (string, error) {
	if _, ok := attended(t); ok {
		fmt.Fprint(t.err, prompt)
	}
	return readLine(t)
}

// attended says whether input is a terminal, so that somebody can answer, and returns it.
func attended(t terminal) (*os.File, bool) {
	file, ok := t.in.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

func readLine(t terminal) (string, error) {
	line, err := bufio.NewReader(t.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read a line: %w", err)
	}
	return readable(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
}

// readable refuses text in another encoding, because the stored text would not be what was
// meant.
func readable(line string) (string, error) {
	if strings.ContainsRune(line, utf8.RuneError) || strings.Contains(line, "\x00") { // as in UTF-16
		return "", errors.New("what was typed or piped is not UTF-8: set the terminal to UTF-8, or pipe it as UTF-8 without a byte-order mark")
	}
	return line, nil
}

func askHidden(t terminal, file *os.File, prompt string) (string, error) {
	fmt.Fprint(t.err, prompt+": ")
	typed, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(t.err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return readable(string(typed))
}
