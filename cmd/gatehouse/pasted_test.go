package main

import (
	"database/sql"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

func TestSettingsAreTextThatIsSeen(t *testing.T) {
	for _, f := range model(t).Flags {
		if f.Target.Kind() != reflect.String || f.Enum != "" {
			continue
		}
		for value, want := range map[string]string{
			"J\xf6rg":    "--" + f.Name + " is not UTF-8: set the terminal to UTF-8, or save the file that it stands in as UTF-8",
			"J\ufffdrg":  "--" + f.Name + " is not UTF-8: set the terminal to UTF-8, or save the file that it stands in as UTF-8",
			"J\u200bo":   "--" + f.Name + " contains an invisible character: type it instead of pasting it",
			"Jo\u2060\"": "--" + f.Name + " contains an invisible character: type it instead of pasting it",
		} {
			if f.Name == "name" && !strings.Contains(want, "UTF-8") {
				continue
			}
			if _, err := given(t, []string{"--" + f.Name, value}); err == nil || err.Error() != want {
				t.Errorf("--%s %+q: %v, want %q", f.Name, value, err, want)
			}
			if _, err := given(t, nil, f.Envs[0], value); err == nil || err.Error() != want {
				t.Errorf("%s=%+q: %v, want %q", f.Envs[0], value, err, want)
			}
		}
		t.Setenv(f.Envs[0], "")
	}
	if s, err := given(t, []string{"--name", "\ufeff Example\u200b"}); err != nil || s.Name != "Example" {
		t.Errorf("the name is %+q, %v", s.Name, err)
	}
	for _, name := range []string{"", " ", "\u3164", "\u200b", "Ex\u202eample", "Ex\ufeffample"} {
		if s, err := given(t, []string{"--name", name}); err == nil {
			if _, err := s.check(); err == nil {
				t.Errorf("the name %+q is taken", name)
			}
		}
	}
}

// piped runs user add with a password on stdin.
func piped(database, username, password string, more ...string) *exec.Cmd {
	cmd := gatehouse(append([]string{"user", "add", username, "--database", database, "--insecure-test", "--bcrypt-cost", "4"}, more...)...)
	cmd.Stdin = strings.NewReader(password)
	return cmd
}

func TestTheCommandLineTakesUTF8Alone(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "gatehouse.db")
	wide := func(text, before, after string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			b.WriteString(before + string(rune(c)) + after)
		}
		return b.String()
	}
	const line = storetest.Password + "\r\n"
	const notUTF8 = "what was typed or piped is not UTF-8: set the terminal to UTF-8, or pipe it as UTF-8 without a byte-order mark"
	for name, c := range map[string]struct {
		cmd  *exec.Cmd
		says string
	}{
		"a name in Latin-1":             {piped(database, "joerg", line, "--email", "j@example.com", "--full-name", "J\xf6rg"), "Your name has \ufffd where a letter did not come as UTF-8."},
		"an address in Latin-1":         {piped(database, "joerg", line, "--email", "j\xf6@example.com"), "The email address has \ufffd where"},
		"a username in Latin-1":         {piped(database, "j\xf6rg", line, "--email", "j@example.com"), "The username has \ufffd where"},
		"an invisible character inside": {piped(database, "jo\u200berg", line, "--email", "j@example.com"), "The username contains an invisible character."},
		"a password in Latin-1":         {piped(database, "joerg", "caf\xe9 au lait, s'il\r\n", "--email", "j@example.com"), notUTF8},
		"a password in UTF-16":          {piped(database, "joerg", "\xff\xfe"+wide(line, "", "\x00"), "--email", "j@example.com"), notUTF8},
		"a password in UTF-16, no mark": {piped(database, "joerg", wide(line, "", "\x00"), "--email", "j@example.com"), notUTF8},
		"a password in UTF-16BE":        {piped(database, "joerg", "\xfe\xff"+wide(line, "\x00", ""), "--email", "j@example.com"), notUTF8},
		"a byte-order mark":             {piped(database, "joerg", "\ufeff"+line, "--email", "j@example.com"), "what was piped begins with an invisible byte-order mark: pipe it as UTF-8 without one"},
		"an invisible character in it":  {piped(database, "joerg", "analytical\u200bengine\r\n", "--email", "j@example.com"), "The password contains an invisible character."},
	} {
		out, err := c.cmd.CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "gatehouse: "+c.says) {
			t.Errorf("%s: %v, %q", name, err, out)
		}
	}
	add := piped(database, "\ufeffada\u200b", line, "--email", "\u202aada@example.com\u202c", "--full-name", "\ufeffAda")
	if out, err := add.CombinedOutput(); err != nil || string(out) != "added ada\n" {
		t.Fatalf("%v, %q", err, out)
	}
	db, err := sql.Open("sqlite3", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var kept string
	if err := db.QueryRow(`SELECT group_concat(username || '|' || name || '|' || email) FROM users`).Scan(&kept); err != nil || kept != "ada|Ada|ada@example.com" {
		t.Errorf("kept are %q, %v", kept, err)
	}
	for _, args := range [][]string{{"user", "show", "ada\u200b"}, {"user", "disable", "\ufeffada@example.com"}, {"user", "enable", "\u202aada\u202c"}, {"signin", "end", "\u3164ada"}} {
		if out, err := gatehouse(append(args, "--database", database)...).CombinedOutput(); err != nil {
			t.Errorf("%+q: %v, %q", args, err, out)
		}
	}
	for who, says := range map[string]string{
		"j\xf6rg": "The username or email address has \ufffd where", "a\u200bda": "The username or email address contains an invisible character.",
		"": `there is no account with the username or email address ""`,
	} {
		if out, err := gatehouse("user", "show", who, "--database", database).CombinedOutput(); err == nil || !strings.HasPrefix(string(out), "gatehouse: "+says) {
			t.Errorf("%+q: %v, %q", who, err, out)
		}
	}
	erase := func(typed string) (string, error) {
		cmd := gatehouse("user", "delete", "ada", "--database", database)
		cmd.Stdin = strings.NewReader(typed)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for typed, says := range map[string]string{"a\u200bda\n": "The username contains an invisible character.", "bert\n": "nothing was erased", "\xff\xfea\x00d\x00a\x00\r\x00\n\x00": notUTF8} {
		if out, err := erase(typed); err == nil || !strings.Contains(out, says) {
			t.Errorf("%+q typed: %v, %q", typed, err, out)
		}
	}
	if out, err := erase("\ufeffada\r\n"); err != nil || !strings.HasPrefix(out, "erased ada") {
		t.Errorf("%v, %q", err, out)
	}
}
