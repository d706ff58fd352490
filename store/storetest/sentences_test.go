package storetest_test

import (
	"go/parser"
	"slices"
	"testing"

	. "gatehouse/store/storetest"
)

func TestGluedSentencesAreNoticed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`"Wait " + wait`:                           1,
		`wait + " more"`:                           1,
		`"Wait a little, " + name`:                 1,
		`"Wait " + name + ", then try again."`:     2,
		`func() { s += " and more" }`:              1,
		`fmt.Sprintf("%d day%s ago", n, s)`:        1,
		`fmt.Sprintf("%ssecond", part)`:            1,
		`fmt.Fprintln(w, "applied", name)`:         1,
		`fmt.Sprint("applied ", name)`:             1,
		`"one " + "whole sentence"`:                0,
		`fmt.Fprintln(w, "a whole sentence")`:      0,
		`fmt.Println(first, second)`:               0,
		`first + " " + second`:                     0,
		`"#" + name`:                               0,
		`" · " + source`:                           0,
		`name + "-hint"`:                           0,
		`"RCPT TO:" + address`:                     0,
		`1 + 2`:                                    0,
		"`SELECT id FROM users` + where":           0,
		`fmt.Sprintf("Wait %s, then try.", name)`:  0,
		`fmt.Sprintf("--%s is %d%%", name, share)`: 0,
	} {
		e, err := parser.ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Glued(e); len(got) != want {
			t.Errorf("in %s found %q, want %d", text, got, want)
		}
	}
}

func TestSentencesAreToldFromLabels(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`"Saved."`:                {"Saved."},
		`"Sending…"`:              {"Sending…"},
		`"Forgot your password?"`: {"Forgot your password?"},
		`"Choose a new password"`: {"Choose a new password"},
		`"Sign in"`:               nil,
		`"Devices"`:               nil,
		`"find a user: %w"`:       nil,
		`"RCPT TO:"`:              nil,
		"`SELECT id FROM users`":  nil,
		`"<p class=\"lead\">Was it you? <a href=\"/x\">Sign in now.</a> It's <a href=\""`: {"Was it you?", "Sign in now."},
		`"<nav aria-label=\"Pages of activity\"><p>\n\tOn two\n\tlines.</p>"`:             {"On two lines.", "Pages of activity"},
		`func() { say("One here."); say("And one there.") }`:                              {"One here.", "And one there."},
		"struct { A int `help:\"Which one it is.\"` }{}":                                  nil,
	} {
		e, err := parser.ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Sentences(e); !slices.Equal(got, want) {
			t.Errorf("in %s found %q, want %q", text, got, want)
		}
	}
}
