package components

import (
	"fmt"

	"gatehouse/store"
)

// Why a form is shown again without having been acted upon.
const (
	// UnknownLink is for a form whose link was not opened in this browser, or too long ago.
	UnknownLink = "We no longer know which email this page belongs to, so nothing was changed. Open the link in the email again, then send this form once more. If you've sent it before, that may have worked."
	// DeadLink is for a form whose link was used or has expired since.
	DeadLink = "This link no longer works, so nothing was changed. It may have been used already, or have expired."
	// OtherAccount is for a closed account that is not the one the form shows.
	OtherAccount = "This page was about another account, so nothing was changed. Look at it again before you send it."
)

// SomebodyElse is for a form that was drawn for another person than the user who is signed in now.
func SomebodyElse(user store.User) string {
	return fmt.Sprintf(
		"You're signed in as %s now, and this page was opened by somebody else. Nothing was changed. Look at it again before you send it.",
		user.Username,
	)
}
