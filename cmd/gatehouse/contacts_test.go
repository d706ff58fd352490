package main

import (
	"strings"
	"testing"

	"gatehouse/components"
)

func TestContactsAreAddresses(t *testing.T) {
	t.Parallel()
	s := settings{Support: "help@example.com", Terms: "/terms", Privacy: "https://example.com/privacy?lang=en"}
	want := components.Contacts{Support: "mailto:help@example.com", Terms: "/terms", Privacy: "https://example.com/privacy?lang=en"}
	if got, err := s.contacts(); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, support := range []string{"mailto:help@example.com", "https://example.com/@us", "/help", ""} {
		if got, err := (&settings{Support: support}).contacts(); err != nil || got.Support != support {
			t.Errorf("--support %s: %+v, %v", support, got, err)
		}
	}
	for _, value := range []string{"javascript:alert(1)", "//evil.example", `/\evil.example`, "example.com", "data:text/html,x", "https://", "https://user@example.com/", "help", "\x00"} {
		for name, s := range map[string]*settings{"support": {Support: value}, "terms": {Terms: value}, "privacy": {Privacy: value}} {
			if got, err := s.contacts(); err == nil || !strings.Contains(err.Error(), "--"+name) {
				t.Errorf("--%s %q: %+v, %v", name, value, got, err)
			}
		}
	}
	for _, support := range []string{"a@b@c", "@", "help@", "help @example.com"} {
		if got, err := (&settings{Support: support}).contacts(); err == nil {
			t.Errorf("--support %q: %+v", support, got)
		}
	}
}
