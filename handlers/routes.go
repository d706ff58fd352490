package handlers

import "net/http"

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// route is one row of the table. GET routes also answer HEAD. A test finds routes without a
// guard.
type route struct {
	method, path string
	guard        Guard
	do           handler
	// drawing says how often the page is drawn.
	drawing drawing
}

// drawing says how often a page is drawn.
type drawing bool

const (
	// drawn means for every request.
	drawn drawing = false
	// cached means once for all visitors. Without a session such a page depends only on its
	// path and the theme.
	cached drawing = true
)

// handler answers a request or returns the error that fail will answer.
type handler func(w http.ResponseWriter, r *http.Request) error

func (s *Site) routes() []route {
	front := route{get, "/", Everyone, s.home, cached}
	if s.Product.Front != nil {
		front.do, front.drawing = s.Product.Front, drawn
	}
	routes := []route{
		front,

		{get, "/register", visitors, s.newRegister, cached},
		{post, "/register", visitors, s.register, drawn},
		{post, "/register/check/{field}", Everyone, s.checkRegister, drawn},
		{get, "/register/first/{token}", Everyone, s.openLink(setupPage), drawn},
		{get, "/register/first", Everyone, s.withLink(setupPage, s.newSetup), drawn},
		{post, "/register/first", visitors, s.withLink(setupPage, s.setup), drawn},
		{post, "/register/first/check/{field}", Everyone, s.withLink(setupPage, s.checkSetup), drawn},
		{get, "/login", visitors, s.newLogin, cached},
		{post, "/login", visitors, s.login, drawn},
		{post, "/login/check/{field}", Everyone, s.checkLogin, drawn},
		{post, "/login/not-me", Everyone, s.notMe, drawn},
		{get, "/login/second", visitors, s.half(s.newSecond), drawn},
		{post, "/login/second", visitors, s.half(s.second), drawn},
		{get, "/login/second/recovery", visitors, s.half(s.newRecovery), drawn},
		{post, "/login/second/recovery", visitors, s.half(s.recovery), drawn},
		{post, "/logout", Everyone, s.logout, drawn},

		{post, "/theme", Everyone, s.chooseTheme, drawn},

		{get, "/account", Members, s.account, drawn},
		{get, "/account/email", enteredRecent, s.newEmail, drawn},
		{post, "/account/email", enteredRecent, s.email, drawn},
		{post, "/account/email/cancel", entered, s.cancelEmail, drawn},
		{post, "/account/email/check/{field}", entered, s.checkEmail, drawn},
		{get, "/account/profile", Members, s.newProfile, drawn},
		{post, "/account/profile", Members, s.profile, drawn},
		{post, "/account/profile/zone", Members, s.chooseZone, drawn},
		{post, "/account/profile/check/{field}", Members, s.checkProfile, drawn},
		{get, "/account/password", entered, s.proven(s.newPassword), drawn},
		{post, "/account/password", entered, s.proven(s.password), drawn},
		{post, "/account/password/check/{field}", entered, s.checkPassword, drawn},
		{get, "/.well-known/change-password", Everyone, s.changePassword, drawn},
		{get, "/account/signins", entered, s.signIns, drawn},
		{post, "/account/signins/end-others", entered, s.endOtherSignIns, drawn},
		{post, "/account/signins/{handle}/end", entered, s.endSignIn, drawn},
		{get, "/account/activity", Members, s.activity, drawn},
		{get, "/account/data", entered, s.newExport, drawn},
		{get, "/account/export", enteredRecent, s.export, drawn},
		{get, "/account/delete", enteredRecent, s.newClosing, drawn},
		{post, "/account/delete", enteredRecent, s.closeAccount, drawn},

		{get, "/confirm", entered, s.newReauth, drawn},
		{post, "/confirm", entered, s.reauth, drawn},
		{get, "/reopen", visitors, s.newReopening, drawn},
		{post, "/reopen", visitors, s.reopen, drawn},

		{get, "/password/forgot", Everyone, s.newForgot, cached},
		{post, "/password/forgot", Everyone, s.forgot, drawn},
		{get, "/password/reset/{token}", Everyone, s.openLink(resetPage), drawn},
		{get, "/password/reset", Everyone, s.withLink(resetPage, s.newReset), drawn},
		{post, "/password/reset", Everyone, s.withLink(resetPage, s.reset), drawn},
		{post, "/password/reset/check/{field}", Everyone, s.withLink(resetPage, s.checkReset), drawn},
		{get, "/email/verify/{token}", Everyone, s.openLink(verifyPage), drawn},
		{get, "/email/verify", Everyone, s.newVerify, drawn},
		{post, "/email/verify", Everyone, s.withLink(verifyPage, s.verify), drawn},
		{get, "/email/verify/resend", Everyone, s.redirectToVerify, drawn},
		{post, "/email/verify/resend", Everyone, s.resend, drawn},
		{get, "/email/undo/{token}", Everyone, s.openLink(undoPage), drawn},
		{get, "/email/undo", Everyone, s.withLink(undoPage, s.newUndo), drawn},
		{post, "/email/undo", Everyone, s.withLink(undoPage, s.undo), drawn},
		{get, "/invite/{token}", Everyone, s.openLink(invitePage), drawn},
		{get, "/invite", Everyone, s.withLink(invitePage, s.newInvite), drawn},
		{post, "/invite", visitors, s.withLink(invitePage, s.invite), drawn},
		{post, "/invite/check/{field}", Everyone, s.withLink(invitePage, s.checkInvite), drawn},

		{get, "/healthz", static, s.healthz, drawn},
		{get, "/readyz", static, s.readyz, drawn},
		{get, reachPath + "{token}", static, s.reach, drawn},
		{get, "/robots.txt", static, fixed(s.Robots), drawn},
		{get, "/favicon.ico", static, fixed(s.Icon), drawn},
		{get, "/apple-touch-icon.png", static, fixed(s.TouchIcon), drawn},
		{get, "/manifest.webmanifest", static, s.manifest, drawn},
		{get, "/assets/{file}", static, fixed(s.Assets(s.serve(s.notFound))), drawn},
	}
	routes = append(routes, s.secondSteps()...)
	routes = append(routes, s.administration()...)
	routes = append(routes, s.passkeys()...)
	routes = append(routes, s.preferences()...)
	if s.Mailbox == nil {
		return routes
	}
	return append(routes, []route{
		{get, "/dev/mailbox", Everyone, onThisMachine(s.mailbox), drawn},
		{get, "/dev/mailbox/{n}", Everyone, onThisMachine(s.mailboxMail), drawn},
		{get, "/dev/mailbox.json", Everyone, onThisMachine(s.mailboxJSON), drawn},
	}...)
}

// fixed is a handler that never fails.
func fixed(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
