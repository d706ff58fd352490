package secret

import (
	"testing"
	"time"

	"gatehouse/store/rules"
)

// The vectors of RFC 6238, appendix B, for SHA-1; the last six of their eight digits.
func TestAppCodesAreThoseOfRFC6238(t *testing.T) {
	key := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := AppCode(key, AppStepAt(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: got %s, want %s", at, got, want)
		}
	}
}

func TestTheMatchingStepIsFound(t *testing.T) {
	key := []byte("12345678901234567890")
	for _, row := range []struct {
		of, first, last int64
		ok              bool
	}{{100, 99, 100, true}, {99, 99, 100, true}, {98, 99, 100, false}, {101, 99, 100, false}} {
		step, ok := MatchAppCode(key, AppCode(key, row.of), row.first, row.last)
		if ok != row.ok || ok && step != row.of {
			t.Errorf("%+v: got step %d, %v", row, step, ok)
		}
	}
	if _, ok := MatchAppCode(key, "", 99, 100); ok {
		t.Error("an empty code matches")
	}
}

// FX-06
func TestTheKeyOfAnAppHas160Bits(t *testing.T) {
	if text := AppKeyText(make([]byte, AppKeyLength)); len(text) != 32 {
		t.Errorf("the key as text is %q", text)
	}
}

func TestRecoveryCodesAreNewEachTime(t *testing.T) {
	code := NewRecoveryCode()
	if same, err := rules.RecoveryCode(code); same != code || err != nil || code == NewRecoveryCode() {
		t.Errorf("%q is no new code: %v", code, err)
	}
}
