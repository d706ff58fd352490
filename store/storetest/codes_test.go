package storetest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of recovery codes.
func TestRecoveryCodeContract(t *testing.T) {
	contract(t, []promise{
		{"MFA-10 takes a recovery code once, however it is typed", recoveryOnce},
		{"MFA-10 lets one of twenty in who enter the same recovery code at once", recoveryOnceAtOnce},
		{"MFA-10 takes no code of a set that was replaced, and none of somebody else", replacedCodes},
		{"makes one set when the same form is sent twice, also at once", makesOneSet},
		{"makes none for a sign-in that has ended, or without a second step", makesNone},
		{"tells by letter how many are left, and trusts no browser any more", tellsLeft},
		{"FX-42 keeps neither key nor codes in clear, in the database or in the log", noFactorInClear},
	})
}

func recoveryOnce(t *testing.T, h house) {
	h, ada := h.equipped(t)
	for i, typed := range []string{
		ada.codes[0],
		strings.ToLower(ada.codes[1]),
		strings.ReplaceAll(ada.codes[2], "-", ""),
		" " + strings.ReplaceAll(ada.codes[3], "-", " ") + " ",
		strings.NewReplacer("0", "o", "1", "l").Replace(ada.codes[4]),
		strings.NewReplacer("0", "O", "1", "I").Replace(ada.codes[5]),
	} {
		n, err := h.finish(h.half(t, From), store.KindRecovery, typed, From)
		must(t, err)
		if n.Kind != store.KindRecovery || !h.RecentlyAuthenticated(n) {
			t.Errorf("signed in by %q", n.Kind)
		}
		if _, err := h.finish(h.half(t, From), store.KindRecovery, ada.codes[i], From); !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("%q a second time: %v", typed, err)
		}
	}
	h.count(t, "events WHERE name = 'authn_second_fail'", 6)
	f, err := h.Factors(h.ctx, h.find(t, "ada"))
	must(t, err)
	if got, want := f.CodesLeft(), store.RecoveryCodes-6; got != want {
		t.Errorf("%d codes are left, want %d", got, want)
	}
	for _, typed := range []string{"", "AAAAAA", ada.codes[6] + "A", ada.codes[6][1:], strings.Replace(ada.codes[6], ada.codes[6][:1], "U", 1), ada.codes[6] + "\x00"} {
		_, err := h.EnterCode(h.ctx, h.half(t, From), store.KindRecovery, typed, From)
		if r := refused(t, err); r.Field != "code" || errors.Is(err, store.ErrWrongCode) {
			t.Errorf("%q: %+v, want a refusal of its shape", typed, r)
		}
	}
}

func recoveryOnceAtOnce(t *testing.T, h house) {
	h, ada := h.equipped(t)
	must(t, h.SignOut(h.ctx, ada.signIn, From))
	if in := h.atOnce(t, store.KindRecovery, ada.codes[0]); in != 1 {
		t.Errorf("%d of twenty came in by one recovery code", in)
	}
	h.count(t, "signins", 1)
	h.count(t, "recovery_codes WHERE used_at IS NOT NULL", 1)
	h.count(t, "events WHERE name = 'recovery_code_used'", 1)
}

func replacedCodes(t *testing.T, h house) {
	h, ada := h.equipped(t)
	n := h.enter(t, h.confirmedGrace(t), Password, From)
	_, _, graces := SetUpApp(t, h.Store, h.clock, n)
	n, fresh := h.newCodes(t, ada.signIn)
	for _, code := range []string{ada.codes[0], graces[0]} {
		if _, err := h.finish(h.half(t, From), store.KindRecovery, code, From); !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("got %v", err)
		}
	}
	h.visit(t, n.ID)
	h.gone(t, ada.signIn.ID)
	_, err := h.finish(h.half(t, From), store.KindRecovery, fresh[0], From)
	must(t, err)
}

// newCodes replaces Ada's present codes.
func (h house) newCodes(t *testing.T, n store.SignIn) (store.SignIn, []string) {
	t.Helper()
	user := h.find(t, "ada")
	f, err := h.Factors(h.ctx, user)
	must(t, err)
	h.clock.Move(time.Second)
	n, codes, err := h.NewCodes(h.ctx, n, user, f.CodesAt(), From)
	must(t, err)
	if len(codes) != store.RecoveryCodes {
		t.Fatalf("made %d codes", len(codes))
	}
	return n, codes
}

func makesOneSet(t *testing.T, h house) {
	h, ada := h.equipped(t)
	user := h.find(t, "ada")
	f, err := h.Factors(h.ctx, user)
	must(t, err)
	h.clock.Move(time.Second)
	batch := f.CodesAt()
	made := func() error { _, _, err := h.NewCodes(h.ctx, ada.signIn, user, batch, From); return err }
	answers := h.overtake(t, `UPDATE users SET name = name`, nil, made, made)
	if (answers[0] == nil) == (answers[1] == nil) || !errors.Is(errors.Join(answers...), store.ErrSignInEnded) {
		t.Errorf("at once: %v, want one and ErrSignInEnded", answers)
	}
	h.count(t, "recovery_codes", store.RecoveryCodes)
	before := h.dump(t)
	list, err := h.SignIns(h.ctx, user)
	must(t, err)
	_, codes, err := h.NewCodes(h.ctx, list[0], h.find(t, "ada"), batch, From)
	if !errors.Is(err, store.ErrCodesShown) || codes != nil {
		t.Errorf("the same form again: %v, %v", codes, err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func makesNone(t *testing.T, h house) {
	h, ada := h.equipped(t)
	user := h.find(t, "ada")
	f, err := h.Factors(h.ctx, user)
	must(t, err)
	other, err := h.finish(h.half(t, From), store.KindCode, ada.Code(), From)
	must(t, err)
	must(t, h.SignOut(h.ctx, other, From))
	if _, _, err := h.NewCodes(h.ctx, other, user, f.CodesAt(), From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("an ended sign-in: %v", err)
	}
	n, err := h.TurnSecondStepOff(h.ctx, ada.signIn, user, From)
	must(t, err)
	for _, made := range []time.Time{f.CodesAt(), {}} {
		if _, _, err := h.NewCodes(h.ctx, n, h.find(t, "ada"), made, From); !errors.Is(err, store.ErrSignInEnded) {
			t.Errorf("without a second step: %v", err)
		}
	}
	h.count(t, "recovery_codes", 0)
}

func tellsLeft(t *testing.T, h house) {
	h, ada := h.equipped(t)
	_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), "trust", on("home"))
	must(t, err)
	for i, use := range []func(code string) error{
		func(code string) error {
			_, err := h.finish(h.half(t, From), store.KindRecovery, code, From)
			return err
		},
		func(code string) error {
			_, err := h.Reauthenticate(h.ctx, ada.signIn, Password, code, From)
			return err
		},
	} {
		h.exec(t, `UPDATE devices SET trusted_until = $1, trust = 'x'`, h.moment(time.Hour))
		must(t, use(ada.codes[i]))
		if l := h.letter(t, store.LetterCodeUsed); l.Left != store.RecoveryCodes-1-i || l.From != From.Address || l.Agent != From.Agent {
			t.Errorf("told %+v", l)
		}
		h.count(t, "devices WHERE trusted_until IS NOT NULL OR trust <> ''", 0)
	}
}

func noFactorInClear(t *testing.T, h house) {
	h, ada := h.equipped(t)
	var log bytes.Buffer
	site := store.DefaultRules
	site.Mails, site.Keys = true, Keys(t)
	s, err := store.New(h.ctx, h.db, NewPasswords(), NewHasher(t), site, h.clock.Now, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(t, err)
	h.Store = s
	again, n, _ := SetUpApp(t, h.Store, h.clock, ada.signIn)
	used := []string{again.Next()}
	_, err = SignInByCode(h.Store, "ada", Password, store.KindCode, used[0], "a-token-of-trust", on("home"))
	must(t, err)
	wrong := again.Wrong()
	_, err = SignInByCode(h.Store, "ada", Password, store.KindCode, wrong, "", From)
	refused(t, err)
	_, err = SignInByCode(h.Store, "ada", Password, store.KindRecovery, ada.codes[0], "", From)
	must(t, err)
	_, codes := h.newCodes(t, n)

	secrets := append(append(used, "a-token-of-trust"), append(codes, ada.codes...)...)
	for _, code := range append(codes, ada.codes...) {
		secrets = append(secrets, strings.ReplaceAll(code, "-", ""))
	}
	for _, key := range [][]byte{ada.Key, again.Key} {
		secrets = append(secrets, string(key), secret.AppKeyText(key), hex.EncodeToString(key), base64.StdEncoding.EncodeToString(key)[:26], base64.RawURLEncoding.EncodeToString(key)[:26])
	}
	dump := h.dump(t)
	kept := map[string]string{"log": log.String(), "database": dump}
	if !strings.Contains(kept["log"], store.EventSecondFailed) || !strings.Contains(dump, "sealed=") {
		t.Fatal("there is nothing to look at")
	}
	for where, text := range kept {
		text = strings.ToLower(text)
		for _, hidden := range secrets {
			// Six digits may well stand within a time or a sum.
			if len(hidden) > 6 && strings.Contains(text, strings.ToLower(hidden)) {
				t.Errorf("the %s holds %q", where, hidden)
			}
		}
		for _, code := range append(used, wrong) {
			if words(text)[code] {
				t.Errorf("the %s holds the code %q", where, code)
			}
		}
	}
}

// words are the words of a text.
func words(text string) map[string]bool {
	found := map[string]bool{}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' && r < 'A' || r > 'z' }) {
		found[word] = true
	}
	return found
}
