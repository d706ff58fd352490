package components

// Problem is an answer with a page of its own: everything that goes wrong outside a form. Handlers return it as an
// error.
type Problem struct {
	// Status is the HTTP status.
	Status int
	// Title and Sentence are what a person reads.
	Title, Sentence string
}

// Error is the title.
func (p Problem) Error() string { return p.Title }

// Every problem that the site answers with.
var (
	Unreadable  = Problem{400, "We could not read that", "What was sent is not a form that this page understands. Go back, reload the page and try again."}
	NotUTF8     = Problem{400, "We could not read some letters", "Some letters of what was sent are not UTF-8. Set the text encoding of your browser to UTF-8, go back and try again."}
	CrossSite   = Problem{403, "That came from another site", "The request was not sent from a page of this site, so nothing was done. Open the page here and try again."}
	Forbidden   = Problem{403, "This page is not for you", "Your account may not open this page. If it should, ask the people who run this site."}
	NotFound    = Problem{404, "There is no such page", "The address may be mistyped, or the page may have moved."}
	NoDevice    = Problem{404, "That device is not signed in", "It may be signed out already. Open your devices to see how things are now."}
	WrongMethod = Problem{405, "That does not work here", "This address exists, but not for what was asked of it."}
	TooLarge    = Problem{413, "That is too much", "What was sent is larger than any form of this site. Nothing was done."}
	WrongType   = Problem{415, "That is not a form", "Forms are accepted as application/x-www-form-urlencoded, in UTF-8 and not compressed."}
	WrongHost   = Problem{421, "That is not this site", "This server does not answer for the host name that was asked for."}
	Fault       = Problem{500, "Something went wrong", "This is our fault, not yours. It was noted; please try again in a moment."}
	Lost        = Problem{503, "We cannot reach our records", "The database does not answer or takes no changes at the moment. Nothing was lost; please try again in a few seconds."}
	Busy        = Problem{503, "We are very busy right now", "Too many people are signing in at this moment. Nothing was lost; please try again in a few seconds."}
)

// Problems are all of them.
var Problems = []Problem{Unreadable, NotUTF8, CrossSite, Forbidden, NotFound, NoDevice, WrongMethod, TooLarge, WrongType, WrongHost, Fault, Lost, Busy}
