package rules

import "testing"

func TestRecoveryCodesAreReadAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	const made = "01ABCD-EFGHJK-MNPQRS-TVWXYZ"
	for _, typed := range []string{made, "01abcd efghjk mnpqrs tvwxyz", "oiabcdefghjkmnpqrstvwxyz", " OLABCD-EFGHJK-MNPQRS-TVWXYZ "} {
		if got, err := RecoveryCode(typed); got != made || err != nil {
			t.Errorf("%q is read as %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "123456", made[1:], made + "0", "U" + made[1:], "Ä" + made[1:], made[1:] + "\n"} {
		if got, err := RecoveryCode(typed); err == nil {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}

func TestCodesOfAppsAreSixDigits(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"012345", "012 345", " 012345 "} {
		if got, err := AppCode(typed); got != "012345" || err != nil {
			t.Errorf("%q is read as %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "12345", "1234567", "12345a", "٠١٢٣٤٥", "012345\n", "-12345", "+12345"} {
		if got, err := AppCode(typed); err == nil {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}
