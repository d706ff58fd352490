package store

import "testing"

func TestEveryLetterHasItsPriority(t *testing.T) {
	t.Parallel()
	want := map[string]Priority{
		askReset: Awaited, LetterVerify: Awaited, LetterRegister: Awaited, LetterOwner: Awaited, LetterReset: Awaited,
		LetterEmailRestored: Awaited, LetterNewEmail: Awaited,
		LetterEmailChanged: Notice, LetterPasswordChanged: Notice, LetterNewDevice: Notice, LetterClosed: Notice, LetterPasswordOff: Notice,
		LetterSecondOn: Notice, LetterSecondOff: Notice, LetterAppChanged: Notice, LetterCodesMade: Notice, LetterCodeUsed: Notice,
		LetterCodesWrong: Notice, LetterFactorsReset: Notice,
		LetterAppRemoved: Notice, LetterPasskeyAdded: Notice, LetterPasskeyRemoved: Notice, LetterPasswordRemoved: Notice,
		LetterFirstFactor: Notice, LetterRoleGained: Notice, LetterLookedAt: Notice, LetterFactorsUndone: Awaited,
		LetterInvite: Bulk,
	}
	if len(LetterKinds) != len(want)-1 {
		t.Errorf("%d kinds of letters, want %d", len(LetterKinds), len(want)-1)
	}
	for _, kind := range append([]string{askReset}, LetterKinds...) {
		if p, stated := want[kind]; !stated || kindOf(kind).priority != p {
			t.Errorf("%s has the priority %d; want %d, stated %v", kind, kindOf(kind).priority, p, stated)
		}
	}
}

func TestLettersWithTheSamePurposeAreValidForAsLong(t *testing.T) {
	t.Parallel()
	for _, k := range letterKinds {
		if (k.purpose == "") != (k.valid == 0) || k.valid != tokenValid[k.purpose] {
			t.Errorf("the link of %s is for %q and works for %s; others for it work for %s", k.name, k.purpose, k.valid, tokenValid[k.purpose])
		}
		if k.notice && (k.priority != Notice || k.purpose != "") {
			t.Errorf("%s only tells, but has the priority %d and a link for %q", k.name, k.priority, k.purpose)
		}
	}
}
