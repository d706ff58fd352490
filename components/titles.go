package components

// Titles of pages. The heading of a page and the title of its document say the same.
const (
	InboxTitle         = "Check your inbox"
	StaleTitle         = "This link doesn't work"
	ConfirmedTitle     = "Your address is confirmed already"
	AccountClosed      = "Your account is closed"
	CookielessTitle    = "Your browser keeps no cookies"
	SignedInTitle      = "You're signed in already"
	UnsubscribeTitle   = "Stop these emails"
	UnsubscribedTitle  = "You get no more of these emails"
	secureTitle        = "Secure your account"
	forgotTitle        = "Forgot your password?"
	registerTitle      = "Create your account"
	codeTitle          = "Enter your code"
	recoveryTitle      = "Use a recovery code"
	SecondTitle        = "Second step"
	SetupTitle         = "Set this site up"
	SaveCodesTitle     = "Save your recovery codes"
	setUpAppTitle      = "Set up an app"
	makeCodes          = "Make new codes"
	moveAppTitle       = "Move to another app"
	PasskeysTitle      = "Passkeys"
	firstPasswordTitle = "Choose a password"
	firstPasskeyTitle  = "Create your passkey"
	addPasskeyTitle    = "Add a passkey"
	PasskeyTitle       = "Your passkey"
	AdminTitle         = "Administration"
	ActivityTitle      = "Activity"

	secondPasskeyTitle = "Use your passkey"
	passwordByMail     = "Choose a password by email"
)
