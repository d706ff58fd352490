package rules

import (
	"strings"
	"testing"
)

func TestSearchesAreRead(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", SearchMax)
	for typed, want := range map[string]Beginnings{
		"":                     {},
		"  ":                   {},
		" Grace ":              {Username: "grace", Email: "grace", Name: "grace"},
		"Grace Hop":            {Username: "grace hop", Email: "grace hop", Name: "grace hop"},
		"17":                   {Number: 17, Username: "17", Email: "17", Name: "17"},
		"017":                  {Username: "017", Email: "017", Name: "017"},
		"1e3":                  {Username: "1e3", Email: "1e3", Name: "1e3"},
		"+7":                   {Username: "+7", Email: "+7", Name: "7"},
		"999999999999999999":   {Number: 999999999999999999, Username: "999999999999999999", Email: "999999999999999999", Name: "999999999999999999"},
		"1000000000000000000":  {Username: "1000000000000000000", Email: "1000000000000000000", Name: "1000000000000000000"},
		"Grace@":               {Email: "grace@"},
		"Grace@Example.org":    {Email: "grace@example.org"},
		"ada@München.example":  {Email: "ada@xn--mnchen-3ya.example"},
		"@example.org":         {Email: "@example.org"},
		"%":                    {Username: "%", Email: "%"},
		"a_b":                  {Username: "a_b", Email: "a_b", Name: "a b"},
		`\`:                    {Username: `\`, Email: `\`},
		"Zoë":                  {Username: "zoë", Email: "zoë", Name: "zoe"},
		"\u200bada\ufeff":      {Username: "ada", Email: "ada", Name: "ada"},
		long:                   {Username: long, Email: long, Name: long},
		long + "a":             {},
		"ada\x00":              {},
		"\x00":                 {},
		"ada\nlovelace":        {},
		"ada\u0085":            {},
		"\xff":                 {},
		"ada\xc3":              {},
		strings.Repeat("é", 5): {Username: "ééééé", Email: "ééééé", Name: "eeeee"},
	} {
		if got := SearchFor(typed); got != want {
			t.Errorf("SearchFor(%q) = %+v, want %+v", typed, got, want)
		}
	}
}
