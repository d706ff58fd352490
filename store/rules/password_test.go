package rules

import (
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func rules(common ...string) *Passwords {
	p := &Passwords{Min: PasswordDefault, Words: []string{"Gatehouse", "accounts.example.org"}}
	if len(common) > 0 {
		sum := sha256.Sum256([]byte(common[0]))
		p.Common = io.NewSectionReader(bytes.NewReader(sum[:]), 0, commonBytes)
	}
	return p
}

func TestNewPasswords(t *testing.T) {
	t.Parallel()
	p := rules("rumpelstiltskin")
	for _, c := range []struct{ name, password, refusal string }{
		{"REG-09 the minimum", "xk2 vq9 mfp7", ""},
		{"REG-09 one less", "xk2 vq9 mfp", "needs one more character"},
		{"far less", "xk2", "needs 9 more characters"},
		{"REG-09 64 ASCII characters", strings.Repeat("kestrel ", 8), ""},
		{"REG-09 64 emoji of four bytes", strings.Repeat("🦉", 64), ""},
		{"REG-09 128 characters", strings.Repeat("owl barn", 16), ""},
		{"REG-09 one more", strings.Repeat("owl barn", 16) + "x", "at most 128"},
		{"REG-09 a megabyte", strings.Repeat("x", 1<<20), "at most 128"},
		{"lower case only", "correct horse battery", ""},
		{"digits only", "839201746152", ""},
		{"spaces around count", "  owl barn  x", ""},
		{"another script", "водопад горизонт", ""},
		{"nothing", "", "Enter a password"},
		{"REG-11 NUL", "correct horse\x00battery", "no keyboard types"},
		{"REG-11 a line break", "correct horse\nbattery", "no keyboard types"},
		{"REG-11 invalid UTF-8", "correct horse \xff\xfe", "no keyboard types"},
		{"REG-10 listed", "rumpelstiltskin", "too common"},
		{"REG-10 listed, in capitals", "RumpelStiltskin", "too common"},
		{"REG-10 password with digits", "password2026!", "common word"},
		{"REG-10 password in disguise", "P@$$w0rd123456", "common word"},
		{"REG-10 season and year", "Summer-2026!!", "common word"},
		{"REG-10 two common words", "welcomeadmin1", "common word"},
		{"REG-10 a keyboard walk", "qwertyuiopas", "neighbouring"},
		{"REG-10 columns of the keyboard", "1qaz2wsx3edc", "neighbouring"},
		{"REG-10 the alphabet", "abcdefghijkl", "neighbouring"},
		{"REG-10 digits in a row", "123456789012", "neighbouring"},
		{"REG-10 one key", "aaaaaaaaaaaa", "neighbouring"},
		{"REG-10 one piece over and over", "xk2vxk2vxk2v", "neighbouring"},
		{"REG-10 the username, repeated", "countess-countess", "Don't build a password from"},
		{"REG-10 the username with digits", "countess19101852", "Don't build a password from"},
		{"REG-10 the name", "Ada Lovelace 1815", "Don't build a password from"},
		{"REG-10 the local part, doubled", "engine.no1engine.no1", "Don't build a password from"},
		{"REG-10 the site's name and digits", "gatehouse123456", "Don't build a password from"},
		{"REG-10 the host", "accounts.example.org", "Don't build a password from"},
		{"a phrase with the name in it", "countess likes numbers", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := p.Check(c.password, "Ada Lovelace", "countess", "engine.no1@example.com")
			switch {
			case c.refusal == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)):
				t.Errorf("got %v, want a refusal with %q", err, c.refusal)
			}
		})
	}
}

func TestPasswordMinimumIsASetting(t *testing.T) {
	t.Parallel()
	p := rules()
	p.Min = 8
	if err := p.Check("xk2 vq9m"); err != nil {
		t.Errorf("eight characters with a minimum of eight: %v", err)
	}
	p.Min = 20
	if err := p.Check("xk2 vq9m xk2 vq9m x"); err == nil {
		t.Error("nineteen characters pass a minimum of twenty")
	}
}

func FuzzPassword(f *testing.F) {
	for _, seed := range []string{"", "password", "correct horse battery", "🦉", "\x00", "\xff", strings.Repeat("a", 200)} {
		f.Add(seed)
	}
	p := rules()
	f.Fuzz(func(t *testing.T, password string) {
		if p.Check(password, "Ada", "ada", "ada@example.com") != nil {
			return
		}
		if n := utf8.RuneCountInString(password); n < p.Min || n > PasswordMax || !utf8.ValidString(password) {
			t.Errorf("Check accepts %q", password)
		}
	})
}

func BenchmarkPasswordCheck(b *testing.B) {
	p := rules()
	p.Common = io.NewSectionReader(bytes.NewReader(make([]byte, 474743*commonBytes)), 0, 474743*commonBytes)
	for b.Loop() {
		if err := p.Check("correct horse battery staple", "Ada Lovelace", "ada", "ada@example.com"); err != nil {
			b.Fatal(err)
		}
	}
}
