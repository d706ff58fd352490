package components

// What people can do if their browser blocks cookies.
const (
	CookiesToSignIn = "Allow cookies for this site, then sign in again."
	CookiesToOpen   = "Allow cookies for this site, then open the link in the email again."
)
