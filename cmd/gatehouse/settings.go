package main

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// setting is one setting as it may be shown, and where it is from.
type setting struct {
	Name string `json:"name"`
	// Value has (set) in the place of a secret.
	Value string `json:"value"`
	// From is the flag, the variable, the file that a variable names, or default.
	From string `json:"from"`
}

// fromDefault is where a setting is from that nobody set.
const fromDefault = "default"

// givenSettings are all settings, in the order of the help.
func givenSettings(parsed *kong.Context, files map[string]string) (all []setting) {
	typed := map[*kong.Flag]bool{}
	for _, element := range parsed.Path {
		if element.Flag != nil {
			typed[element.Flag] = true
		}
	}
	for _, flag := range parsed.Model.Flags {
		if flag.Name == "help" {
			continue
		}
		s := setting{flag.Name, withoutSecrets(flag), fromDefault}
		for _, name := range flag.Envs {
			if _, set := os.LookupEnv(name); set {
				s.From = name
			}
			if file, read := files[name]; read {
				s.From = fmt.Sprintf("%s, by %s", file, name+fileEnding)
			}
		}
		if typed[flag] {
			s.From = "--" + flag.Name
		}
		all = append(all, s)
	}
	return all
}

// hidden is what is shown of a secret.
const hidden = "(set)"

// withoutSecrets is the value of a setting without what is secret. The tag secret marks what is nothing else, and
// as secret:"url" what may have a password in it.
func withoutSecrets(flag *kong.Flag) string {
	var value string
	if list, is := flag.Target.Interface().([]string); is {
		value = strings.Join(list, ",")
	} else {
		value = fmt.Sprint(flag.Target.Interface())
	}
	switch {
	case value == "":
		return ""
	case flag.Tag.Has("secret") && flag.Tag.Get("secret") != "url":
		return hidden
	}
	u, err := url.Parse(value)
	switch {
	case err == nil && strings.Contains(value, "://"):
		return withoutPassword(u)
	case strings.Contains(value, "://"), flag.Tag.Has("secret") && strings.ContainsAny(value, "@= "):
		return hidden // something like a URL, in which only its author can tell what is secret
	}
	return value
}

// withoutPassword is a URL with (set) in the place of a password, also of one among its parameters.
func withoutPassword(u *url.URL) string {
	shown, known := *u, "password"
	if _, has := u.User.Password(); has {
		shown.User = url.UserPassword(u.User.Username(), known)
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), known) {
			query.Set(name, known)
			shown.RawQuery = query.Encode()
		}
	}
	text := strings.ReplaceAll(shown.String(), known+"="+known, known+"="+hidden)
	if _, has := u.User.Password(); has {
		text = strings.Replace(text, ":"+known+"@", ":"+hidden+"@", 1)
	}
	return text
}

type settingsCommand struct {
	JSON bool `name:"json" env:"-" help:"Print JSON."`
}

// Run shows every setting. It checks none and opens nothing.
func (c settingsCommand) Run(inv *invocation) error {
	l := inv.listing(c.JSON, "SETTING", "VALUE", "FROM")
	for _, s := range inv.given {
		value := s.Value
		if value == "" {
			value = "none"
		}
		if err := l.add(s, s.Name, value, s.From); err != nil {
			return err
		}
	}
	return l.end()
}

// logSettings logs what was set, and the variables that are no settings.
func (inv *invocation) logSettings(log *slog.Logger) {
	var set []any
	for _, s := range inv.given {
		if s.From != fromDefault {
			set = append(set, slog.String(s.Name, s.Value))
		}
	}
	log.Info("settings", set...)
	for _, variable := range inv.unknown {
		log.Warn(variable.String())
	}
}

// logs says whether a command says by itself which variables are unknown, in its log or among the rest.
func logs(parsed *kong.Context) bool {
	node := parsed.Selected()
	return node == nil || node.Name == "serve" || node.Name == "doctor"
}
