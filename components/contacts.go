package components

// Contacts are addresses that whoever runs the site gave, each empty where they gave none.
type Contacts struct {
	// Support is where people get help: a web address, or mailto: and an email address.
	Support string
	// Terms and Privacy are pages: the terms of service and the privacy policy.
	Terms, Privacy string
}

// any says whether there is one.
func (c Contacts) any() bool { return c != Contacts{} }
