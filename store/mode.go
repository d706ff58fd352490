package store

// RegistrationMode says how people get accounts.
type RegistrationMode string

// The modes, as the setting --registration spells them.
const (
	// RegistrationOpen lets anybody register.
	RegistrationOpen RegistrationMode = "open"
	// RegistrationConfirm does too, but an account opens only once its address is
	// verified, for which the site must send mail.
	RegistrationConfirm RegistrationMode = "confirm"
	// RegistrationInvite lets in who was invited.
	RegistrationInvite RegistrationMode = "invite"
	// RegistrationClosed leaves it to whoever runs the site.
	RegistrationClosed RegistrationMode = "closed"
)

// Open says whether anybody may register.
func (m RegistrationMode) Open() bool { return m == RegistrationOpen || m == RegistrationConfirm }
