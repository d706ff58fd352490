package store

import "testing"

func TestEveryLetterHasItsPriority(t *testing.T) {
	t.Parallel()
	want := map[string]Priority{
		askReset: Awaited, LetterVerify: Awaited, LetterRegister: Awaited, LetterOwner: Awaited, LetterReset: Awaited,
		LetterEmailRestored: Awaited, LetterNewEmail: Awaited,
		LetterEmailChanged: Notice, LetterPasswordChanged: Notice, LetterNewDevice: Notice, LetterClosed: Notice, LetterPasswordOff: Notice,
		LetterInvite: Bulk,
	}
	for _, kind := range append([]string{askReset}, LetterKinds...) {
		if p, stated := want[kind]; !stated || priorityOf(kind) != p {
			t.Errorf("%s has the priority %d; want %d, stated %v", kind, priorityOf(kind), p, stated)
		}
	}
}
