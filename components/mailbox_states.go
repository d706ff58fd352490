package components

func mailboxStates() []State {
	var items []MailboxItem
	for _, l := range GalleryLetters() {
		items = append(items, MailboxItem{Number: len(items), To: sampleUser.Email, Subject: l.Subject, Text: l.Text(), Letter: "about:blank", Sent: sampleTime})
	}
	page := framed(Page{Open: true}, "Mailbox")
	return []State{
		{"mailbox-empty", page, Mailbox(nil)},
		{"mailbox", page, Mailbox(items)},
	}
}
