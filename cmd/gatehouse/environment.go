package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"gatehouse/store/rules"

	"github.com/alecthomas/kong"
)

// parse reads the arguments and the environment, and says which variables were read from files.
func parse(parser *kong.Kong, args []string) (parsed *kong.Context, files map[string]string, err error) {
	if files, err = tidyEnvironment(parser.Model); err != nil {
		return nil, nil, err
	}
	if parsed, err = parser.Parse(args); err != nil {
		return nil, nil, err
	}
	return parsed, files, checkText(parser.Model)
}

// tidyEnvironment normalizes the variables of the settings, as files for services and
// containers write them. An empty variable is not set. Spaces, a carriage return, a byte-order
// mark and a pair of quotes around a value are removed, because not every reader of such files
// does so. It changes the environment of the process, because kong reads no other. It returns
// which variables were read from which files.
func tidyEnvironment(model *kong.Application) (files map[string]string, err error) {
	files = map[string]string{}
	for _, flag := range model.Flags {
		for _, name := range flag.Envs {
			given, set := os.LookupEnv(name)
			value := unquoted(given)
			var err error
			switch {
			case set && value == "":
				err = os.Unsetenv(name)
			case value != given:
				err = os.Setenv(name, value)
			}
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", name, err)
			}
			file, err := fromFile(name, value)
			if err != nil {
				return nil, err
			}
			if file != "" {
				files[name] = file
			}
		}
	}
	return files, nil
}

// fileEnding is what a variable has at the end of its name that names a file with the value.
const fileEnding = "_FILE"

// fromFile sets a variable to the first line of the file that its _FILE names, if it names one.
func fromFile(name, value string) (file string, err error) {
	other := name + fileEnding
	file = unquoted(os.Getenv(other))
	if file == "" {
		return "", nil
	}
	if value != "" {
		return "", fmt.Errorf("%s and %s are both set: remove one", name, other)
	}
	line, err := firstLine(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", other, err)
	}
	if line = unquoted(line); line == "" {
		return "", fmt.Errorf("%s: the first line of %s is empty", other, file)
	}
	if err := os.Setenv(name, line); err != nil {
		return "", fmt.Errorf("%s: %s contains no text", other, file)
	}
	return file, os.Unsetenv(other)
}

// firstLineMax is longer than any setting, in bytes.
const firstLineMax = 64 << 10

// firstLine reads the first line of a file.
func firstLine(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	line, err := bufio.NewReader(io.LimitReader(file, firstLineMax+1)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if len(line) > firstLineMax {
		return "", fmt.Errorf("the first line of %s is too long", path)
	}
	return line, nil
}

func unquoted(value string) string {
	value = trim(value)
	for _, quote := range []string{`"`, "'"} {
		inner, opened := strings.CutPrefix(value, quote)
		inner, closed := strings.CutSuffix(inner, quote)
		if opened && closed && !strings.Contains(inner, quote) {
			return trim(inner)
		}
	}
	return value
}

func trim(value string) string {
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(value), "\ufeff"))
}

// checkText refuses settings that are not UTF-8, in which kong has put U+FFFD, and settings
// with invisible characters. The site's name has its own rule.
func checkText(model *kong.Application) error {
	for _, flag := range model.Flags {
		if flag.Target.Kind() != reflect.String {
			continue
		}
		value := flag.Target.String()
		if strings.ContainsRune(value, utf8.RuneError) {
			return fmt.Errorf("--%s is not UTF-8: set the terminal to UTF-8, or save the file that it stands in as UTF-8", flag.Name)
		}
		if flag.Name != "name" && rules.Pasted(value) {
			return fmt.Errorf("--%s contains an invisible character: type it instead of pasting it", flag.Name)
		}
	}
	return nil
}

// AfterApply normalizes the site's name like a display name.
func (s *settings) AfterApply() error {
	s.Name = rules.CanonicalName(s.Name)
	return nil
}

// toggle reads a boolean flag: no value, on or off, and what kong reads (true, yes, 1, false,
// no and 0).
type toggle struct{ kong.BoolMapper }

// Decode implements kong.Mapper.
func (t toggle) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if token := ctx.Scan.Peek(); token.Type == kong.FlagValueToken {
		switch strings.ToLower(token.String()) {
		case "on", "off":
			ctx.Scan.Pop()
			target.SetBool(strings.EqualFold(token.String(), "on"))
			return nil
		}
	}
	return t.BoolMapper.Decode(ctx, target)
}

var toggles = toggle{kong.NewRegistry().RegisterDefaults().ForType(reflect.TypeFor[bool]()).(kong.BoolMapper)}

// setVariables sets what a file for services says and the environment does not: lines like NAME=value,
// those of other programs left out.
func setVariables(file, prefix string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		name, value, is := strings.Cut(strings.TrimPrefix(trim(line), "export "), "=")
		if name = strings.TrimSpace(name); !is || !strings.HasPrefix(name, prefix) {
			continue
		}
		if _, set := os.LookupEnv(name); set {
			continue
		}
		if err := os.Setenv(name, unquoted(value)); err != nil {
			return fmt.Errorf("%s: %s contains no text", file, name)
		}
	}
	return nil
}
