package secret

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const (
	rightPassword = "correct horse battery staple"
	// nfkcPassword looks different once it is normalised.
	nfkcPassword = "ﬁrst Åmbassador’s ½ key"
	oldPepper    = "pepper of the old house"
)

// knownAnswer is a hash that an implementation which is not ours made: bcrypt and argon2-cffi of Python,
// Django 3.2, Werkzeug's and newer Django's formats by Python's hashlib.
type knownAnswer struct {
	from, hash, plain, scheme, password string
}

var knownAnswers = []knownAnswer{
	{"Flask-Bcrypt", "$2b$04$6.vvnUK47TGBTx4JA9ZmJOEtmZG3bdKWhdX8uj1u01f.w.V3SHwRa", "", SchemeBcrypt, rightPassword},
	{"Rails", "$2a$04$ZsLd8pkq15qIavABjSAfN.13EP0eIwVPDXVkxcwYQxj0Mi5gBaJsm", "", SchemeBcrypt, rightPassword},
	{"Laravel", "$2y$04$fJtKEBbVxtP9beQ2vbRM8O24DDodB2jpt.ZT.IJnIrJV5hx6jXHai", "", SchemeBcrypt, rightPassword},
	{"Flask-Bcrypt with long passwords", "$2b$04$/tL1dvnEKpolG84gBp.owOs6ua6STvTQr3eoWk7P6uVsKgXdaF/cC", SchemeBcryptSHA256, SchemeBcryptSHA256, rightPassword},
	{"Devise with a pepper", "$2a$04$olFeUrV2.K3EMx3xw3f6JO4bPO4ZYizHJ7da3tldzes3dqKvrfs8u", SchemeBcryptPepper, SchemeBcryptPepper, rightPassword},
	{"Django bcrypt", "bcrypt$$2b$04$JaUXQ/l5eA2pIyknKmr/subY74UWTGuXULGITpN3UeTq4KwcY0oSC", "", SchemeBcrypt, rightPassword},
	{"Django bcrypt_sha256", "bcrypt_sha256$$2b$04$qcx3CFD.9l4wjL0iVblaMegKUGA2SoKLHJhX7XXlLO3YqayrtllsG", "", SchemeBcryptSHA256, rightPassword},
	{"Werkzeug", "pbkdf2:sha256:1000$61jhLgLlkiLQzFlL$59f96bebc817235c72f2794fb17d1f836fd5378d0be5a9b7ce5efe3099721817", "", SchemePBKDF2, rightPassword},
	{"Django", "pbkdf2_sha256$1000$saltysalt123$bdlERmmw+duuk5FecWFTVO0M81ggrAuyxRe4nczc3tw=", "", SchemePBKDF2, rightPassword},
	{"Werkzeug since 2.3", "scrypt:1024:8:1$61jhLgLlkiLQzFlL$8e77dae284329343cef6e2c5672e8386cb9d48a68f30675c6f6932ae218a9d50da8dba574abfd2f01cefbc2a0f37e4ab3f4b890c5feb26a288c5f904b9b84bae", "", SchemeScrypt, rightPassword},
	{"Django scrypt", "scrypt$1024$saltysalt123$8$5$n5FiyvxrxCa+tpyfEvbicRNsEKyP1/7ISOfrV5L3zqtRt6H61kQ4QAYPjuVso28SFnM+7OkYw8XkxUIMUPzRZQ==", "", SchemeScrypt, rightPassword},
	{"Better Auth", "0123456789abcdef0123456789abcdef:d673c79998a1c93d56e9222f2c2d09a3a2c263d6ef935b1cb2936721e00251ac5ad846306d45da1e6e04b97dd9162ed4256e4a229090f5de05663ba40add46de", "", SchemeScryptNFKC, nfkcPassword},
	{"Django argon2", "argon2$argon2id$v=19$m=512,t=1,p=2$YzUxT2xrckZiYVNKZVFxRnh0QzVnVA$7nP2YDBwNkwqoIYS0Pv8VA", "", SchemeArgon2id, rightPassword},
	{"Laravel argon2id", "$argon2id$v=19$m=256,t=2,p=1$yMBLH3uaPIPL6yOq6uuGug$YAfJwLBxfOnqLSyhTsrxQA", "", SchemeArgon2id, rightPassword},
}

func (k knownAnswer) stored(t *testing.T) PasswordHash {
	t.Helper()
	plain := k.plain
	if plain == "" {
		plain = SchemeBcrypt
	}
	stored, why := ReadForeign(k.hash, plain)
	if why != "" || stored.Scheme != k.scheme {
		t.Fatalf("%s: %+v, %s", k.from, stored, why)
	}
	return stored
}

func newHasher(t *testing.T) *Hasher {
	gate := NewGate(1, time.Minute)
	t.Cleanup(gate.Close)
	return &Hasher{Cost: bcrypt.MinCost, Gate: gate, OldPepper: oldPepper}
}

// IMP-02: a password of each system is right, and one with a wrong character is not.
func TestIMP02PasswordsOfOtherSystems(t *testing.T) {
	t.Parallel()
	for _, k := range knownAnswers {
		t.Run(k.from, func(t *testing.T) {
			t.Parallel()
			h, stored := newHasher(t), k.stored(t)
			for password, want := range map[string]bool{k.password: true, k.password + "x": false, "": false, strings.ToUpper(k.password): false} {
				if match, err := h.Matches(t.Context(), stored, password); err != nil || match != want {
					t.Errorf("%q: %v, %v", password, match, err)
				}
			}
			if !h.Outdated(stored, k.password) {
				t.Error("it stays as it is")
			}
			// What leaves comes back as it was, also through the hands of Python and PostgreSQL.
			portable := stored.Portable()
			for _, text := range []string{portable, " " + portable + "\n", "b'" + portable + "'", `b"` + portable + `"`, `\x` + hex.EncodeToString([]byte(portable))} {
				if again, why := ReadForeign(text, "none"); why != "" || again != stored {
					t.Errorf("%s comes back as %+v: %s", text, again, why)
				}
			}
		})
	}
}

// IMP-03: without its pepper no password of Devise is right, nor with another one.
func TestIMP03WithoutThePepper(t *testing.T) {
	t.Parallel()
	k := knownAnswers[4]
	for _, pepper := range []string{"", "another pepper"} {
		h := newHasher(t)
		h.OldPepper = pepper
		for _, password := range []string{k.password, k.password + oldPepper} {
			if match, err := h.Matches(t.Context(), k.stored(t), password); err != nil || match {
				t.Errorf("pepper %q, %q: %v, %v", pepper, password, match, err)
			}
		}
	}
}

// IMP-06: what costs too much, or cannot be compared, comes without a password.
func TestIMP06HashesWithoutAPassword(t *testing.T) {
	t.Parallel()
	const key = "$59f96bebc817235c72f2794fb17d1f836fd5378d0be5a9b7ce5efe3099721817"
	tail := decoyTail
	for text, why := range map[string]string{
		"":                                 "",
		"!":                                "",
		"!abcdefghijklmnopqrstuvwxyz":      "",
		"$2b$15$" + tail:                   "cost 15",
		"$2b$31$" + tail:                   "cost 31",
		"$2b$03$" + tail:                   "cost 3",
		"bcrypt_sha256$$2b$15$" + tail:     "cost 15",
		"$2x$10$" + tail:                   "flawed",
		"$2$10$" + tail:                    "flawed",
		"$2b$10$" + tail[1:]:               "unknown format",
		"pbkdf2:sha256:999$salt" + key:     "i=999",
		"pbkdf2:sha256:2000001$salt" + key: "i=2000001",
		"pbkdf2:sha256:1000$salt$" + strings.Repeat("ab", 33):                 "33 bytes",
		"pbkdf2:sha256:1000$salt$abc":                                         "can't be read",
		"pbkdf2:sha256:1000$salt$abcd":                                        "2 bytes",
		"pbkdf2:sha256:1000$" + strings.Repeat("s", 257) + key:                "257 bytes",
		"pbkdf2:sha256:1000$" + strings.Repeat("s", 1<<20) + key:              "1048",
		"pbkdf2:sha256$salt" + key:                                            "unknown format",
		"pbkdf2:sha1:1000$salt" + key:                                         "unknown format",
		"pbkdf2_sha256$1000$salt$====":                                        "can't be read",
		fmt.Sprintf("scrypt:%d:8:1$salt%s", 1<<20, key):                       "ln=20",
		fmt.Sprintf("scrypt:%d:8:1$salt%s", 1<<29, key):                       "ln=29",
		fmt.Sprintf("scrypt:%d:16:1$salt%s", 1<<16, key):                      "128 MiB",
		"scrypt:1000:8:1$salt" + key:                                          "can't be read",
		"scrypt:0:8:1$salt" + key:                                             "can't be read",
		"scrypt:1:8:1$salt" + key:                                             "ln=0",
		"scrypt:1024:0:1$salt" + key:                                          "r=0",
		"scrypt:1024:8:9$salt" + key:                                          "p=9",
		"$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA": "m=4194304",
		"$argon2id$v=19$m=1024,t=7,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":    "t=7",
		"$argon2id$v=19$m=1024,t=1,p=9$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":    "p=9",
		"$argon2id$v=19$m=1024,t=0,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":    "t=0",
		"$argon2id$v=19$m=16,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":      "too little memory",
		"$argon2id$v=16$m=1024,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":    "unknown format",
		"$argon2id$m=1024,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":         "unknown format",
		"$argon2i$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":     "unknown format",
		"$argon2id$v=19$t=1,m=1024,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":    "unknown format",
		"$argon2id$v=19$m=01024,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA":   "unknown format",
		"5f4dcc3b5aa765d61d8327deb882cf99":                                    "unknown format",
		"$P$B123456789abcdefghijklmnopqrst1":                                  "unknown format",
		"$1$abc$def":                                                          "unknown format",
		"correct horse":                                                       "unknown format",
		"$scrypt$$$$":                                                         "unknown format",
		"\\x24":                                                               "unknown format",
		"b'$2b$'":                                                             "unknown format",
		"md5$salt$5f4dcc3b5aa765d61d8327deb882cf99":                           "unknown format",
	} {
		shown := text[:min(len(text), 60)]
		stored, got := ReadForeign(text, SchemeBcrypt)
		if stored != (PasswordHash{}) || !strings.Contains(string(got), why) || (why == "") != (got == "") {
			t.Errorf("%s: %+v, %q; want %q", shown, stored, got, why)
		}
	}
}

// LOG-02 while passwords of other systems are in use: what is derived and compared is the same for
// everybody, whatever their password is and whether or not there is one.
func TestEveryComparisonCostsTheSameBesideForeignPasswords(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	var mu sync.Mutex
	work := map[string]int{}
	note := func(what string, n int) {
		mu.Lock()
		defer mu.Unlock()
		work[what] += n
	}
	h.compared = func(hash []byte) { cost, _ := bcrypt.Cost(hash); note("bcrypt", 1<<cost) }
	h.derived = func(d Derived) {
		if d.Scheme == SchemePBKDF2 {
			note("pbkdf2", d.costs[0])
			return
		}
		note(d.Kind.String(), 1)
	}
	h.RaiseHighestCost(6)
	kinds := []Kind{}
	for _, text := range []string{"$pbkdf2-sha256$i=1000", "$pbkdf2-sha256$i=2500", "$scrypt$ln=10,r=8,p=1", "$argon2id$v=19$m=256,t=2,p=1"} {
		k := ParseKind(text)
		if k.String() != text {
			t.Fatalf("%s is read as %s", text, k)
		}
		kinds = append(kinds, k)
	}
	if err := h.UseKinds(kinds); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"bcrypt": 1 << 6, "pbkdf2": 2500, "$scrypt$ln=10,r=8,p=1": 1, "$argon2id$v=19$m=256,t=2,p=1": 1}
	ours, err := h.Hash(t.Context(), rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]PasswordHash{"nobody": {}, "ours": ours, "of no known scheme": {Scheme: "md5", Hash: "5f4dcc3b5aa765d61d8327deb882cf99"}, "under another scheme": {Scheme: SchemeArgon2id, Hash: knownAnswers[7].stored(t).Hash}}
	for _, k := range knownAnswers {
		if stored := k.stored(t); stored.Kind().String() == "" || want[stored.Kind().String()] > 0 || stored.Scheme == SchemePBKDF2 {
			rows[k.from] = stored
		}
	}
	if len(rows) < 12 {
		t.Fatalf("%d rows", len(rows))
	}
	for name, stored := range rows {
		for _, password := range []string{rightPassword, "wrong", "right\x00", strings.Repeat("x", 1<<16)} {
			clear(work)
			if _, err := h.Matches(t.Context(), stored, password); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if fmt.Sprint(work) != fmt.Sprint(want) {
				t.Errorf("%s, %.20q: %v, want %v", name, password, work, want)
			}
		}
	}
}

// A kind that is met is one in use from then on, up to KindsMax of them.
func TestKindsAreMet(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	for i, scheme := range []string{"$scrypt$ln=4,r=1,p=1", "$scrypt$ln=5,r=1,p=1", "$scrypt-nfkc$ln=4,r=1,p=1", "$scrypt$ln=6,r=1,p=1"} {
		d := nothing(ParseKind(scheme))
		d.Key, _ = d.derive(rightPassword)
		match, err := h.Matches(t.Context(), PasswordHash{Scheme: d.Scheme, Hash: d.String()}, rightPassword)
		if want := i < KindsMax; err != nil || match != want {
			t.Errorf("%s: %v, %v; want %v", scheme, match, err, want)
		}
	}
	if got := len(h.kinds.Load().hard); got != KindsMax {
		t.Errorf("%d kinds", got)
	}
	if err := h.UseKinds([]Kind{ParseKind("$scrypt$ln=7,r=1,p=1")}); err != nil || len(h.kinds.Load().hard) != 1 {
		t.Errorf("%v, %v", err, h.kinds.Load())
	}
}

// What another process derives is what this one would.
func TestDerivingElsewhere(t *testing.T) {
	t.Parallel()
	for _, k := range knownAnswers {
		d, why := ParseDerived(k.stored(t).Hash)
		if why != "" {
			continue
		}
		h := newHasher(t)
		asked := 0
		h.Derive = func(_ context.Context, d Derived, password string) ([]byte, error) {
			asked++
			var out bytes.Buffer
			in := d.String() + "\n" + "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==\n"
			if err := DeriveOne(strings.NewReader(in), &out); err != nil {
				t.Error(err)
			}
			return nil, fmt.Errorf("away")
		}
		match, err := h.Matches(t.Context(), k.stored(t), k.password)
		if d.MemoryHard() && (err == nil || match || asked != 1) || !d.MemoryHard() && (err != nil || !match || asked != 0) {
			t.Errorf("%s: %v, %v, asked %d times", k.from, match, err, asked)
		}
	}
	for _, in := range []string{"", "\n\n", "$scrypt$ln=4,r=1,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA\n", "$scrypt$ln=4,r=1,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA\n!\n"} {
		if err := DeriveOne(strings.NewReader(in), &bytes.Buffer{}); err == nil {
			t.Errorf("%q is derived", in)
		}
	}
}

func FuzzReadForeign(f *testing.F) {
	for _, k := range knownAnswers {
		f.Add(k.hash)
		f.Add("b'" + k.hash + "'")
		f.Add(`\x` + hex.EncodeToString([]byte(k.hash)))
	}
	f.Add("$scrypt$ln=4,r=1,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		for _, plain := range []string{SchemeBcrypt, SchemeBcryptSHA256, SchemeBcryptPepper} {
			stored, why := ReadForeign(text, plain)
			if stored == (PasswordHash{}) {
				continue
			}
			if why != "" {
				t.Fatalf("%q: %+v and %q", text, stored, why)
			}
			if _, usable := stored.usable(); !usable && stored.Kind() == (Kind{}) {
				t.Fatalf("%q is read as %+v, which nothing compares", text, stored)
			}
			if again, why := ReadForeign(stored.Portable(), plain); why != "" || again != stored {
				t.Fatalf("%q: %+v comes back as %+v, %s", text, stored, again, why)
			}
		}
	})
}
