package store

import "testing"

func TestEveryLetterHasItsPriority(t *testing.T) {
	t.Parallel()
	want := map[string]Priority{
		askReset: Awaited, LetterConfirm: Awaited, LetterRegister: Awaited, LetterOwner: Awaited, LetterReset: Awaited,
		LetterAddressBack: Awaited, LetterNewAddress: Awaited,
		LetterAddressChanged: Notice, LetterPasswordChanged: Notice, LetterNewDevice: Notice, LetterClosed: Notice, LetterPasswordOff: Notice,
		LetterInvite: Bulk,
	}
	for _, kind := range append([]string{askReset}, LetterKinds...) {
		if p, stated := want[kind]; !stated || priorityOf(kind) != p {
			t.Errorf("%s has the priority %d; want %d, stated %v", kind, priorityOf(kind), p, stated)
		}
	}
}
