package rules

import (
	"strings"
	"testing"
)

// ignorable is Default_Ignorable_Code_Point as DerivedCoreProperties.txt lists it.
var ignorable = [][2]rune{
	{0xad, 0xad},
	{0x34f, 0x34f},
	{0x61c, 0x61c},
	{0x115f, 0x1160},
	{0x17b4, 0x17b5},
	{0x180b, 0x180f},
	{0x200b, 0x200f},
	{0x202a, 0x202e},
	{0x2060, 0x206f},
	{0x3164, 0x3164},
	{0xfe00, 0xfe0f},
	{0xfeff, 0xfeff},
	{0xffa0, 0xffa0},
	{0xfff0, 0xfff8},
	{0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a},
	{0xe0000, 0xe0fff},
}

// pastes come along at the ends of what is pasted or piped.
var pastes = []string{
	"\ufeff", "\u200b", "\u200e", "\u200f", "\u061c", "\u202a", "\u202b", "\u202c", "\u202d", "\u2066", "\u2067", "\u2068", "\u2069",
	"\u2060", "\u2062", "\u00ad", "\u180e", "\u3164", "\uffa0", "\u115f", "\u2800", "\ufff9", "\u034f", "\U0001d173", "\ufeff\u200b", " \u200b\u00a0",
}

func TestWhatNobodySees(t *testing.T) {
	t.Parallel()
	for _, r := range ignorable {
		for c := r[0]; c <= r[1]; c++ {
			if !invisible(c) || visible(c) {
				t.Errorf("%U is seen", c)
			}
		}
	}
	for _, c := range "\u2028\u2029\u2800\ufff9\ufffb\U0001d159\U00013441" {
		if !invisible(c) || visible(c) {
			t.Errorf("%U is seen", c)
		}
	}
	for _, c := range "aZ0-~éя李🦉\u0600\u06dd\ufffd\U0001fae9" {
		if invisible(c) || !visible(c) {
			t.Errorf("%U is not seen", c)
		}
	}
}

func TestWhatIsPastedAroundIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, paste := range append(pastes, "\u200d", "\u200c", "\ufe0f", "\u202e") {
		for _, around := range []string{paste + "%", "%" + paste, " " + paste + "% " + paste} {
			with := func(value string) string { return strings.ReplaceAll(around, "%", value) }
			if got := CanonicalUsername(with("Ada")); got != "ada" || CheckUsername(with("Ada")) != nil {
				t.Errorf("%+q is the username %+q", with("Ada"), got)
			}
			if err := CheckUsername(with("admin")); err != ErrReserved {
				t.Errorf("%+q: %v", with("admin"), err)
			}
			if got, err := CanonicalEmail(with("Ada@Example.com")); err != nil || got != "ada@example.com" {
				t.Errorf("%+q is the address %+q, %v", with("Ada@Example.com"), got, err)
			}
			if got := DeliverableEmail(with("Ada@Example.com")); got != "Ada@example.com" {
				t.Errorf("%+q is delivered to %+q", with("Ada@Example.com"), got)
			}
			if err := CheckIdentifier(with("ada")); err != nil {
				t.Errorf("%+q: %v", with("ada"), err)
			}
		}
	}
	for _, paste := range pastes {
		for _, value := range []string{paste + "Ada", "Ada" + paste, paste + " Ada " + paste} {
			if got := CanonicalName(value); got != "Ada" || CheckName(value) != nil {
				t.Errorf("%+q is the name %+q, %v", value, got, CheckName(value))
			}
		}
	}
}

func TestWhatIsPastedInsideIsRefused(t *testing.T) {
	t.Parallel()
	const say = "contains an invisible character. Type it instead of pasting it."
	for _, paste := range append(pastes[:len(pastes)-1:len(pastes)-1], "\u200d", "\ufe0f", "\u202e", "\u2028") {
		for what, err := range map[string]error{
			"username":   CheckUsername("a" + paste + "da"),
			"email":      CheckEmail("a" + paste + "da@example.com"),
			"identifier": CheckIdentifier("a" + paste + "da"),
			"address":    CheckIdentifier("a" + paste + "da@example.com"),
		} {
			if err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("%s with %+q inside: %v", what, paste, err)
			}
		}
	}
	for _, name := range []string{"A\ufeffda", "A\u202bda", "A\u2066da", "A\ufffcda", "A\u2028da", "Ada\u202e", "\u202eAda"} {
		if err := CheckName(name); err == nil || !strings.Contains(err.Error(), "invisible") {
			t.Errorf("the name %+q: %v", name, err)
		}
	}
}

func TestWhatIsWrittenWithJoinersIsKept(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"👩\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"می\u200cخواهم", "क\u094d\u200dष", "ه\u200d", "ក\u200bខ", "Zoë", "Zoe\u0308", "\U0001fae9", "\u2801\u2800\u2803",
	} {
		if got := CanonicalName(name); got != name || CheckName(name) != nil {
			t.Errorf("%+q is kept as %+q, %v", name, got, CheckName(name))
		}
	}
}

func TestANameIsNeverBlank(t *testing.T) {
	t.Parallel()
	blank := append([]string{"\u0301", "\u20dd", "\ue000", "\U000f0000", "\u00a0\u3000", "\u200d\u200c", "\u2028", "\t", "\U0001d159"}, pastes...)
	for _, r := range ignorable {
		blank = append(blank, string(r[0]), string(r[1]))
	}
	for _, name := range blank {
		for _, name := range []string{name, name + " " + name} {
			if got := CanonicalName(name); got != "" {
				t.Errorf("%+q is the name %+q", name, got)
			}
		}
	}
}

func TestLettersOfAnotherEncodingAreRefused(t *testing.T) {
	t.Parallel()
	for _, spoilt := range []string{"J\ufffdrg", "J\xf6rg", "\ufffd", "\xff\xfeJ"} {
		for what, err := range map[string]error{
			"name": CheckName(spoilt), "username": CheckUsername(spoilt), "email": CheckEmail(spoilt + "@example.com"), "identifier": CheckIdentifier(spoilt),
		} {
			if err == nil || !strings.Contains(err.Error(), "did not come as UTF-8. Set the program you type it in to UTF-8") {
				t.Errorf("%s %+q: %v", what, spoilt, err)
			}
		}
	}
}

func TestPasswordsWithWhatNobodySees(t *testing.T) {
	t.Parallel()
	p := rules("rumpelstiltskin")
	for _, c := range []struct{ name, password, refusal string }{
		{"a byte-order mark in front", "\ufeffcorrect horse battery", "invisible"},
		{"a zero-width space inside", "correct\u200bhorse battery", "invisible"},
		{"a direction mark behind", "correct horse battery\u200e", "invisible"},
		{"a soft hyphen", "correct horse bat\u00adtery", "invisible"},
		{"a line separator", "correct horse\u2028battery", "invisible"},
		{"Hangul fillers", strings.Repeat("\u3164", 14), "invisible"},
		{"joiners alone", strings.Repeat("\u200d\u200c", 8), "invisible"},
		{"joiners in a word", "خانه\u200cهای سبز دور", ""},
		{"an emoji with a selector", "correct ❤\ufe0f horse", ""},
		{"a space of another kind", "correct\u00a0horse battery", ""},
		{"U+FFFD", "correct horse b\ufffdttery", "no keyboard types"},
		{"a joiner in a listed one", "rumpelst\u200diltskin", "too common"},
		{"joiners in a common word", "pass\u200dword\u200c2026!", "common word"},
		{"joiners between neighbouring keys", "q\u200dw\u200de\u200dr\u200dt\u200dy\u200du", "neighbouring"},
		{"a joiner in the username", "coun\u200dtess19101852", "Don't build a password from"},
		{"what was typed for a name, with joiners", "Augusta 18151852", "Don't build a password from"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := p.Check(c.password, "Au\u200dgus\u00adta", "countess\u200b", "engine@example.com")
			if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
				t.Errorf("got %v, want %q", err, c.refusal)
			}
		})
	}
}

func TestIdentifiersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", " ", "\u200b", "\ufeff \u2800"} {
		if err := CheckIdentifier(value); err == nil || err.Error() != "Enter your username or email address." {
			t.Errorf("%+q: %v", value, err)
		}
	}
	// What an address with letters outside ASCII leaves out is no reason to refuse.
	for _, value := range []string{"ada", "ada@example.com", "ada@exam\u00adple.com", "no such name", "é"} {
		if err := CheckIdentifier(value); err != nil {
			t.Errorf("%+q: %v", value, err)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range append([]string{"Ada", "👩\u200d👧", "A\u202eda", "\xff", "\u0301"}, pastes...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		name := CanonicalName(value)
		if CanonicalName(name) != name {
			t.Errorf("CanonicalName is not stable for %+q", value)
		}
		if name != "" && !strings.ContainsFunc(name, visible) {
			t.Errorf("%+q is the blank name %+q", value, name)
		}
		if CheckName(value) == nil && (CheckName(name) != nil || !plainText(name)) {
			t.Errorf("CheckName accepts %+q, which is %+q", value, name)
		}
	})
}
