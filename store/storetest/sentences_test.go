package storetest_test

import (
	"go/parser"
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
