package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"gatehouse/handlers"

	"gatehouse/store"
)

// given is what the settings are with some arguments and variables.
func given(t *testing.T, args []string, variables ...string) (settings, error) {
	t.Helper()
	for i := 0; i < len(variables); i += 2 {
		t.Setenv(variables[i], variables[i+1])
	}
	var c cli
	parser, err := newParser(&c, terminal{}, handlers.Product{})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = parse(parser, append([]string{"version"}, args...))
	return c.settings, err
}

// sample is a value of a setting that is not its default.
func sample(f *kong.Flag) string {
	switch f.Target.Interface().(type) {
	case store.Rates:
		return "7/1m,70/1h"
	case time.Duration:
		return "7m"
	case int:
		return "11"
	case bool:
		return "true"
	}
	if f.Enum != "" {
		return f.EnumSlice()[1]
	}
	return "Example <a@example.com>"
}

func TestAVariableThatIsEmptyIsNotSet(t *testing.T) {
	plain, err := given(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, empty := range []string{"", " ", "\r", "\t\n", `""`, "''", `" "`, "\ufeff"} {
		var all []string
		for _, f := range model(t).Flags {
			for _, name := range f.Envs {
				all = append(all, name, empty)
				if got, err := given(t, nil, name, empty); err != nil || !reflect.DeepEqual(got, plain) {
					t.Errorf("%s=%q: %+v, %v", name, empty, got, err)
				}
			}
		}
		if got, err := given(t, nil, all...); err != nil || !reflect.DeepEqual(got, plain) {
			t.Errorf("every variable %q: %+v, %v", empty, got, err)
		}
		if got, err := given(t, []string{"--name", "Example"}, "GATEHOUSE_NAME", empty); err != nil || got.Name != "Example" {
			t.Errorf("a flag beside %q: %q, %v", empty, got.Name, err)
		}
	}
}

func TestAVariableIsReadAsPeopleWriteIt(t *testing.T) {
	for _, f := range model(t).Flags {
		for _, name := range f.Envs {
			value := sample(f)
			plain, err := given(t, []string{"--" + f.Name + "=" + value})
			if err != nil {
				t.Fatal(err)
			}
			for _, written := range []string{"%", " % ", "%\r", "\ufeff%\n", `"%"`, "'%'", `"%"` + "\r", `" % "`} {
				written = strings.ReplaceAll(written, "%", value)
				if got, err := given(t, nil, name, written); err != nil || !reflect.DeepEqual(got, plain) {
					t.Errorf("%s=%q: %+v, %v; want %+v", name, written, got, err, plain)
				}
			}
			t.Setenv(name, "")
		}
	}
	for written, want := range map[string]string{
		`"Ada" & "Bert"`: `"Ada" & "Bert"`, `"Ada`: `"Ada`, `Ada"`: `Ada"`, `"`: `"`, `'Ada"`: `'Ada"`, "❤\ufe0f": "❤\ufe0f",
	} {
		if got, err := given(t, nil, "GATEHOUSE_NAME", written); err != nil || got.Name != want {
			t.Errorf("the name %q is read as %q, %v", written, got.Name, err)
		}
	}
}

func TestListsMayHaveSpaces(t *testing.T) {
	want := []string{"10.0.0.0/8", "127.0.0.1/32", "::1/128"}
	for _, list := range []string{
		"10.0.0.0/8,127.0.0.1,::1", "10.0.0.0/8, 127.0.0.1, ::1", " 10.0.0.0/8 ,127.0.0.1 , ::1 ", "10.0.0.0/8 127.0.0.1\n::1\n", "10.0.0.0/8,\n  127.0.0.1,\n  ::1,\n",
	} {
		for _, s := range []func() (settings, error){
			func() (settings, error) { return given(t, nil, "GATEHOUSE_TRUSTED_PROXY", list) },
			func() (settings, error) { return given(t, []string{"--trusted-proxy", list}) },
		} {
			got, err := s()
			if err != nil {
				t.Fatal(err)
			}
			if c, err := got.check(); err != nil || !reflect.DeepEqual(c.proxies, want) {
				t.Errorf("%q: %q, %v", list, c.proxies, err)
			}
		}
	}
	for _, f := range model(t).Flags {
		if _, rates := f.Target.Interface().(store.Rates); !rates {
			continue
		}
		name := f.Envs[0]
		for _, list := range []string{"7/1m, 70/1h", " 7/1m ,70/1h ", "7/1m,\n70/1h\n"} {
			plain, _ := given(t, []string{"--" + f.Name, "7/1m,70/1h"})
			if got, err := given(t, nil, name, list); err != nil || !reflect.DeepEqual(got, plain) {
				t.Errorf("%s=%q: %v", name, list, err)
			}
		}
		t.Setenv(name, "")
	}
}

func TestTogglesAreOnAndOff(t *testing.T) {
	for value, want := range map[string]bool{
		"on": true, "ON": true, "true": true, "True": true, "1": true, "yes": true, "off": false, "Off": false, "false": false, "0": false, "no": false,
	} {
		if got, err := given(t, nil, "GATEHOUSE_NO_NOTICES", value); err != nil || got.NoNotices != want {
			t.Errorf("GATEHOUSE_NO_NOTICES=%s: %v, %v", value, got.NoNotices, err)
		}
		if got, err := given(t, []string{"--no-notices=" + value}); err != nil || got.NoNotices != want {
			t.Errorf("--no-notices=%s: %v, %v", value, got.NoNotices, err)
		}
	}
	if got, err := given(t, []string{"--no-notices"}, "GATEHOUSE_NO_NOTICES", "off"); err != nil || !got.NoNotices {
		t.Errorf("--no-notices: %v, %v", got.NoNotices, err)
	}
	if _, err := given(t, nil, "GATEHOUSE_NO_NOTICES", "perhaps"); err == nil {
		t.Error("perhaps is read")
	}
}

// A variable that lies about must not erase an account without a question.
func TestOnlySettingsAreVariables(t *testing.T) {
	t.Parallel()
	settings := model(t).Flags
	for _, command := range model(t).Leaves(false) {
		for _, f := range command.Flags {
			if len(f.Envs) > 0 {
				t.Errorf("%s --%s is set by %q", command.FullPath(), f.Name, f.Envs)
			}
		}
	}
	if len(settings) < 20 {
		t.Errorf("%d settings", len(settings))
	}
}

// Every setting may stand in a file, as containers and services get their secrets.
func TestEverySettingMayStandInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "setting")
	for _, f := range model(t).Flags {
		for _, name := range f.Envs {
			value := sample(f)
			plain, err := given(t, []string{"--" + f.Name + "=" + value})
			if err != nil {
				t.Fatal(err)
			}
			for _, written := range []string{"%", "%\n", "%\r\n", "\ufeff \"%\" \nsecond line\n"} {
				if err := os.WriteFile(file, []byte(strings.ReplaceAll(written, "%", value)), 0o600); err != nil {
					t.Fatal(err)
				}
				got, err := given(t, nil, name, "", name+fileEnding, file)
				if err != nil || !reflect.DeepEqual(got, plain) {
					t.Errorf("%s from a file with %q: %+v, %v; want %+v", name, written, got, err, plain)
				}
			}
			if _, err := given(t, nil, name, value, name+fileEnding, file); err == nil || !strings.Contains(err.Error(), "are both set") {
				t.Errorf("%s twice: %v", name, err)
			}
			t.Setenv(name, "")
			t.Setenv(name+fileEnding, "")
		}
	}
	for what, text := range map[string]string{"contains no text": "a\x00b", "is too long": strings.Repeat("x", firstLineMax+1)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := given(t, nil, "GATEHOUSE_NAME_FILE", file); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("a file that %s: %v", what, err)
		}
	}
}
