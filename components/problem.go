package components

import "fmt"

// Problem is an answer with a page of its own: everything that goes wrong outside a form. Handlers return it as an
// error.
type Problem struct {
	// Status is the HTTP status.
	Status int
	// Title and Sentence are what a person reads.
	Title, Sentence string
}

// asks says whether whoever runs the site may help.
func (p Problem) asks() bool { return p == Forbidden || p == StaffOnly }

// Error is the title.
func (p Problem) Error() string { return p.Title }

// NoPerson answers for a number of an account that there is not.
func NoPerson(id int64) Problem {
	return Problem{404, "There's no such account", fmt.Sprintf("There is no account with the number %d, or not any more.", id)}
}

// Every problem that the site answers with.
var (
	Unreadable   = Problem{400, "We couldn't read that", "Go back, reload the page and try again."}
	NotUTF8      = Problem{400, "We couldn't read some letters", "Set the text encoding of your browser to UTF-8, go back and try again."}
	CrossSite    = Problem{403, "That came from another site", "So we did nothing. Open the page here and try again."}
	Forbidden    = Problem{403, "This page isn't for you", "Your account may not open it."}
	StaffOnly    = Problem{403, "This page is for the people who run this site", "Your account may not open it. Nothing was done."}
	NotFound     = Problem{404, "There's no such page", "The address may be mistyped, or the page has moved."}
	NoDevice     = Problem{404, "That device isn't signed in", "It may be signed out already. Your devices show how things are now."}
	NoInvitation = Problem{404, "That invitation isn't open any more", "It may be accepted, revoked or over. The list shows those that are open."}
	WrongMethod  = Problem{405, "You can't open this page directly", "Start from the front page."}
	TooLarge     = Problem{413, "That's too much", "No form of this site takes as much. Nothing was done."}
	WrongType    = Problem{415, "We couldn't read that form", "Go back, reload and try again."}
	WrongHost    = Problem{421, "That's not this site", "This server doesn't answer to the name that was asked for."}
	Fault        = Problem{500, "Something went wrong", "It's our fault, not yours, and it was noted. Try again in a moment."}
	Lost         = Problem{503, "We can't reach our records", "Nothing was lost. Try again in a few seconds."}
	Busy         = Problem{503, "We're very busy right now", "Many people are signing in at this moment. Nothing was lost: try again in a few seconds."}
)

// Problems are all of them.
var Problems = []Problem{Unreadable, NotUTF8, CrossSite, Forbidden, StaffOnly, NotFound, NoDevice, NoInvitation, WrongMethod, TooLarge, WrongType, WrongHost, Fault, Lost, Busy}
