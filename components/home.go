package components

import (
	"fmt"
	"strings"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// Hall is what the front page knows of a member, beside the frame.
type Hall struct {
	// Devices is on how many devices they are signed in, this one included.
	Devices int
	// MustSetUp says that the site asks them for a second step that they have not set up.
	MustSetUp bool
	// Local says that the site runs on a developer's machine.
	Local bool
}

// task is something that a member may want to do. It goes away once it is done.
type task struct{ path, what, why string }

func (h Hall) tasks(p Page) (tasks []task) {
	if p.Mails && !p.User.Verified() {
		tasks = append(tasks, task{"/email/verify", ConfirmAddress, fmt.Sprintf("We've emailed %s.", p.User.Email)})
	}
	if h.MustSetUp {
		tasks = append(tasks, task{secondPage, "Set up a second step", "This site asks everybody for one."})
	}
	if rules.CanonicalName(p.User.Name) == "" {
		tasks = append(tasks, task{"/account/profile", "Add a name", fmt.Sprintf("Until then you're %s.", p.User.Username)})
	}
	if h.Devices > 1 {
		tasks = append(tasks, task{"/account/signins", "Have a look at your devices", fmt.Sprintf("You're signed in on %d.", h.Devices)})
	}
	return tasks
}

// firstName is by what a person is greeted. Which part of a name is the first is known only where there are spaces.
func firstName(user store.User) string {
	first, _, _ := strings.Cut(user.DisplayName(), " ")
	return first
}
