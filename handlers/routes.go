package handlers

import "net/http"

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// route is one line of the table. GET routes take HEAD as well. A route
// without a guard is a mistake that a test finds.
type route struct {
	method, path string
	guard        guard
	do           handler
	// drawing says how often the page is drawn.
	drawing drawing
}

// drawing says how often a page is drawn.
type drawing bool

const (
	// drawn is each time, for whoever asks.
	drawn drawing = false
	// cached is once for all visitors. Such a page depends on nothing but its path
	// and the theme where there is no session.
	cached drawing = true
)

// handler answers a request or returns the error that fail will answer.
type handler func(w http.ResponseWriter, r *http.Request) error

func (s *Site) routes() []route {
	routes := []route{
		{get, "/", everyone, s.home, cached},

		{get, "/register", visitors, s.newRegister, cached},
		{post, "/register", visitors, s.register, drawn},
		{post, "/register/check/{field}", everyone, s.checkRegister, drawn},
		{get, "/login", visitors, s.newLogin, cached},
		{post, "/login", visitors, s.login, drawn},
		{post, "/login/check/{field}", everyone, s.checkLogin, drawn},
		{post, "/logout", everyone, s.logout, drawn},

		{post, "/theme", everyone, s.chooseTheme, drawn},

		{get, "/account", members, s.account, drawn},
		{get, "/account/email", recent, s.newEmail, drawn},
		{post, "/account/email", recent, s.email, drawn},
		{post, "/account/email/check/{field}", members, s.checkEmail, drawn},
		{get, "/account/profile", members, s.newProfile, drawn},
		{post, "/account/profile", members, s.profile, drawn},
		{post, "/account/profile/check/{field}", members, s.checkProfile, drawn},
		{get, "/account/password", members, s.newPassword, drawn},
		{post, "/account/password", members, s.password, drawn},
		{post, "/account/password/check/{field}", members, s.checkPassword, drawn},
		{get, "/.well-known/change-password", everyone, s.changePassword, drawn},
		{get, "/account/signins", members, s.signIns, drawn},
		{post, "/account/signins/end-others", members, s.endOtherSignIns, drawn},
		{post, "/account/signins/{handle}/end", members, s.endSignIn, drawn},
		{get, "/account/activity", members, s.activity, drawn},
		{get, "/account/data", members, s.newExport, drawn},
		{get, "/account/export", recent, s.export, drawn},
		{get, "/account/delete", recent, s.newClosing, drawn},
		{post, "/account/delete", recent, s.closeAccount, drawn},

		{get, "/confirm", members, s.newReauth, drawn},
		{post, "/confirm", members, s.reauth, drawn},
		{get, "/reopen", visitors, s.newReopening, drawn},
		{post, "/reopen", visitors, s.reopen, drawn},

		{get, "/password/forgot", everyone, s.newForgot, cached},
		{post, "/password/forgot", everyone, s.forgot, drawn},
		{get, "/password/reset/{token}", everyone, s.openLink(resetPage), drawn},
		{get, "/password/reset", everyone, s.withLink(resetPage, s.newReset), drawn},
		{post, "/password/reset", everyone, s.withLink(resetPage, s.reset), drawn},
		{post, "/password/reset/check/{field}", everyone, s.withLink(resetPage, s.checkReset), drawn},
		{get, "/email/verify/{token}", everyone, s.openLink(verifyPage), drawn},
		{get, "/email/verify", everyone, s.newVerify, drawn},
		{post, "/email/verify", everyone, s.withLink(verifyPage, s.verify), drawn},
		{get, "/email/verify/resend", everyone, s.newVerifyInstead, drawn},
		{post, "/email/verify/resend", everyone, s.resend, drawn},
		{get, "/email/undo/{token}", everyone, s.openLink(undoPage), drawn},
		{get, "/email/undo", everyone, s.withLink(undoPage, s.newUndo), drawn},
		{post, "/email/undo", everyone, s.withLink(undoPage, s.undo), drawn},
		{get, "/invite/{token}", everyone, s.openLink(invitePage), drawn},
		{get, "/invite", everyone, s.withLink(invitePage, s.newInvite), drawn},
		{post, "/invite", visitors, s.withLink(invitePage, s.invite), drawn},
		{post, "/invite/check/{field}", everyone, s.withLink(invitePage, s.checkInvite), drawn},

		{get, "/healthz", static, s.healthz, drawn},
		{get, "/readyz", static, s.readyz, drawn},
		{get, "/robots.txt", static, fixed(s.Robots), drawn},
		{get, "/favicon.ico", static, fixed(s.Icon), drawn},
		{get, "/assets/{file}", static, fixed(s.Assets(s.serve(s.notFound))), drawn},
	}
	if s.Mailbox == nil {
		return routes
	}
	return append(routes, []route{
		{get, "/dev/mailbox", everyone, onThisMachine(s.mailbox), drawn},
		{get, "/dev/mailbox/{n}", everyone, onThisMachine(s.mailboxMail), drawn},
		{get, "/dev/mailbox.json", everyone, onThisMachine(s.mailboxJSON), drawn},
	}...)
}

// fixed is the handler of something that never fails.
func fixed(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
