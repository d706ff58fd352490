package rules

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestUsernames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		accepted    bool
	}{
		{"letters", "ada", true},
		{"capitals, kept in lower case", "Ada", true},
		{"spaces around", "  ada ", true},
		{"digits first", "1ada", true},
		{"- and _ inside", "a-d_a", true},
		{"32 characters", strings.Repeat("a", 32), true},
		{"33 characters", strings.Repeat("a", 33), false},
		{"two characters", "ad", false},
		{"nothing", "", false},
		{"only spaces", "   ", false},
		{"- first", "-ada", false},
		{"_ first", "_ada", false},
		{"space inside", "a da", false},
		{"a dot", "a.da", false},
		{"an @", "ada@home", false},
		{"Cyrillic that looks Latin", "аda", false},
		{"the Kelvin sign, which folds to k", "\u212aelvin", false},
		{"the dotless i", "ad\u0131", false},
		{"REG-11 NUL", "ada\x00", false},
		{"REG-11 invalid UTF-8", "ada\xff", false},
		{"REG-17 admin", "admin", false},
		{"REG-17 Root in capitals", "ROOT", false},
		{"REG-17 support", "support", false},
		{"REG-17 login", "login", false},
		{"REG-17 static", "static", false},
		{"REG-17 me", "me", false},
		{"REG-17 a parent folder", "..", false},
		{"REG-17 a path", "a/b", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckUsername(c.value)
			if got := err == nil; got != c.accepted {
				t.Errorf("CheckUsername(%q) = %v, want accepted %v", c.value, err, c.accepted)
			}
		})
	}
	if got, want := DeliverableEmail(" Ada@exam\u00adple.COM "), "Ada@example.com"; got != want {
		t.Errorf("DeliverableEmail = %q, want %q", got, want)
	}
	if got, want := CanonicalUsername(" AdA_1 "), "ada_1"; got != want {
		t.Errorf("CanonicalUsername = %q, want %q", got, want)
	}
}

func TestEmails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, canonical string }{
		{"an address", "ada@example.com", "ada@example.com"},
		{"capitals", "Ada@Example.COM", "ada@example.com"},
		{"spaces around", " ada@example.com ", "ada@example.com"},
		{"dots and tags stay", "a.d.a+news@example.com", "a.d.a+news@example.com"},
		{"an international domain", "ada@bücher.example", "ada@xn--bcher-kva.example"},
		{"REG-12 no dot in the domain", "a@b", ""},
		{"REG-12 an address literal", "a@[127.0.0.1]", ""},
		{"an IP address for a domain", "a@127.0.0.1", ""},
		{"REG-12 a quoted local part", `"x y"@z.com`, ""},
		{"REG-12 a display name", "X <a@b.ch>", ""},
		{"REG-12 angle brackets", "<a@b.ch>", ""},
		{"REG-12 two addresses", "a@b.ch,d@e.ch", ""},
		{"REG-12 a header behind it", "a@b.ch\r\nBcc: x@y.ch", ""},
		{"REG-12 300 characters", strings.Repeat("a", 50) + "@" + strings.Repeat("b.", 123) + "ch", ""},
		{"65 characters before the @", strings.Repeat("a", 65) + "@b.ch", ""},
		{"a letter outside ASCII before the @", "ädä@example.com", ""},
		{"REG-11 NUL", "a\x00@b.ch", ""},
		{"a comment", "a(comment)@b.ch", ""},
		{"a dot at the end", "a@b.ch.", ""},
		{"two dots", "a..b@c.ch", ""},
		{"an underscore in the domain", "a@b_c.ch", ""},
		{"no local part", "@b.ch", ""},
		{"an empty label", "a@b。。com", ""},
		{"a label longer than DNS allows", "a@" + strings.Repeat("x", 64) + ".ch", ""},
		{"a soft hyphen that nobody sees", "a@exam\u00adple.com", "a@example.com"},
		{"full-width letters", "a@ｅxample.com", "a@example.com"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := CanonicalEmail(c.value)
			if got != c.canonical || (err == nil) != (c.canonical != "") {
				t.Errorf("CanonicalEmail(%q) = %q, %v; want %q", c.value, got, err, c.canonical)
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		accepted    bool
	}{
		{"nothing", "", true},
		{"a name", "Ada Lovelace", true},
		{"any script", "李小龙 שלום", true},
		{"100 characters of four bytes", strings.Repeat("😀", 100), true},
		{"101 characters", strings.Repeat("n", 101), false},
		{"REG-11 NUL", "Ada\x00", false},
		{"REG-11 a C1 control", "Ada\u0085Lovelace", false},
		{"REG-11 invalid UTF-8", "Ada\xc0\x80", false},
		{"INJ-04 a line break", "Ada\nLovelace", false},
		{"INJ-04 an escape sequence", "\x1b[31mAda", false},
		{"INJ-04 a turned direction", "Ada\u202egpj", false},
		{"INJ-01 markup is text", "<script>alert(1)</script>", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := CheckName(c.value) == nil; got != c.accepted {
				t.Errorf("CheckName(%q) accepted %v, want %v", c.value, got, c.accepted)
			}
		})
	}
}

func TestANameThatCannotBeSeenIsNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "  ", "\u200b", "\u200d\u00ad", "\u3164", "\u2800 \u2800"} {
		if got := CanonicalName(name); got != "" {
			t.Errorf("CanonicalName(%q) = %q, want none", name, got)
		}
	}
	if got, want := CanonicalName(" 👩\u200d🚀 Ada "), "👩\u200d🚀 Ada"; got != want {
		t.Errorf("CanonicalName = %q, want %q", got, want)
	}
}

func FuzzUsername(f *testing.F) {
	for _, seed := range []string{"ada", "ADA", " a ", "admin", "a/b", "\u212aelvin", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		name := CanonicalUsername(value)
		if CanonicalUsername(name) != name {
			t.Errorf("CanonicalUsername is not stable for %q", value)
		}
		if CheckUsername(value) != nil {
			return
		}
		if len(name) < UsernameMin || len(name) > UsernameMax || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("CheckUsername accepts %q", value)
		}
	})
}

func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"ada@example.com", "X <a@b.c>", "a@b.c,d@e.f", "a@bücher.example", "a@[::1]", "a@b.ch\r\nBcc: c@d.e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		key, err := CanonicalEmail(value)
		if err != nil {
			return
		}
		if again, err := CanonicalEmail(key); err != nil || again != key {
			t.Errorf("CanonicalEmail(%q) = %q, which becomes %q, %v", value, key, again, err)
		}
		if len(key) > EmailMax || strings.Count(key, "@") != 1 || strings.ContainsAny(key, " \t\r\n<>,;:\"()[]\\") || strings.ToLower(key) != key {
			t.Errorf("CanonicalEmail(%q) = %q", value, key)
		}
		for i := range len(key) {
			if key[i] >= utf8.RuneSelf {
				t.Errorf("CanonicalEmail(%q) = %q, which is not ASCII", value, key)
			}
		}
	})
}
