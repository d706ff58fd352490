package rules

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesAreFolded(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"":                          {"", ""},
		"Grace Brewster Hopper":     {"grace brewster hopper", "hopper grace brewster"},
		"Grace":                     {"grace", "grace"},
		"  grace\u00a0 HOPPER ":     {"grace hopper", "hopper grace"},
		"Émile Zola":                {"emile zola", "zola emile"},
		"E\u0301mile":               {"emile", "emile"},
		"Jürgen Groß":               {"jurgen gross", "gross jurgen"},
		"ΟΔΥΣΣΕΥΣ":                  {"οδυσσευσ", "οδυσσευσ"},
		"Οδυσσεύς":                  {"οδυσσευσ", "οδυσσευσ"},
		"Jean-Luc O'Neill":          {"jean luc o neill", "neill jean luc o"},
		"Ａｄａ ①":                     {"ada 1", "1 ada"},
		"İpek":                      {"ipek", "ipek"},
		"李小龙":                       {"李小龙", "李小龙"},
		"\U0001f98a":                {"", ""},
		"100% a_b \\ 'x'; --":       {"100 a b x", "x 100 a b"},
		"Ada\u200dLovelace":         {"ada lovelace", "lovelace ada"},
		"\xff broken":               {"broken", "broken"},
		"van der Waals, Johannes \u202e": {"van der waals johannes", "johannes van der waals"},
	} {
		if key, turned := NameKeys(name); key != want[0] || turned != want[1] {
			t.Errorf("NameKeys(%q) = %q, %q, want %q", name, key, turned, want)
		}
	}
}

// An index of PostgreSQL takes no key that is too long, and some characters unfold to eighteen.
func TestKeysOfNamesAreShort(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("\ufdfa", NameMax), strings.Repeat("\U00020000", NameMax), "a" + strings.Repeat("é", 300)} {
		for _, name := range []string{name, "Ada " + name} {
			key, turned := NameKeys(name)
			for _, got := range []string{key, turned} {
				if len(got) > SearchMax || len(got) < SearchMax-4 || !utf8.ValidString(got) {
					t.Errorf("the key of %q has %d bytes: %q", name, len(got), got)
				}
			}
		}
	}
}
