package main

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"gatehouse/store/rules"

	"github.com/alecthomas/kong"
)

// parse reads the arguments and the environment.
func parse(parser *kong.Kong, args []string) (*kong.Context, error) {
	if err := tidyEnvironment(parser.Model); err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return nil, err
	}
	return parsed, checkText(parser.Model)
}

// tidyEnvironment normalizes the variables of the settings, as files for services and
// containers write them. An empty variable is not set. Spaces, a carriage return, a byte-order
// mark and a pair of quotes around a value are removed, because not every reader of such files
// does so. It changes the environment of the process, because kong reads no other.
func tidyEnvironment(model *kong.Application) error {
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
				return fmt.Errorf("read %s: %w", name, err)
			}
		}
	}
	return nil
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
