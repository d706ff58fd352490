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
}

// handler answers a request or returns the error that fail will answer.
type handler func(w http.ResponseWriter, r *http.Request) error

// cachedPages are drawn once for all visitors; what that asks of them stands at
// still.
var cachedPages = []string{"/", "/register", "/login", "/password/forgot"}

func (s *Site) routes() []route {
	routes := []route{
		{get, "/", everyone, s.home},

		{get, "/register", visitors, s.newRegister},
		{post, "/register", visitors, s.register},
		{post, "/register/check/{field}", everyone, s.checkRegister},
		{get, "/login", visitors, s.newLogin},
		{post, "/login", visitors, s.login},
		{post, "/login/check/{field}", everyone, s.checkLogin},
		{post, "/logout", everyone, s.logout},

		{post, "/theme", everyone, s.chooseTheme},

		{get, "/account", members, s.account},
		{get, "/account/email", recent, s.newEmail},
		{post, "/account/email", recent, s.email},
		{post, "/account/email/check/{field}", members, s.checkEmail},
		{get, "/account/profile", members, s.newProfile},
		{post, "/account/profile", members, s.profile},
		{post, "/account/profile/check/{field}", members, s.checkProfile},
		{get, "/account/password", members, s.newPassword},
		{post, "/account/password", members, s.password},
		{post, "/account/password/check/{field}", members, s.checkPassword},
		{get, "/.well-known/change-password", everyone, s.changePassword},
		{get, "/account/signins", members, s.signIns},
		{post, "/account/signins/end-others", members, s.endOtherSignIns},
		{post, "/account/signins/{handle}/end", members, s.endSignIn},
		{get, "/account/activity", members, s.activity},
		{get, "/account/data", members, s.newExport},
		{get, "/account/export", recent, s.export},
		{get, "/account/delete", recent, s.newClosing},
		{post, "/account/delete", recent, s.closeAccount},

		{get, "/confirm", members, s.newReauth},
		{post, "/confirm", members, s.reauth},
		{get, "/reopen", visitors, s.newReopening},
		{post, "/reopen", visitors, s.reopen},

		{get, "/password/forgot", everyone, s.newForgot},
		{post, "/password/forgot", everyone, s.forgot},
		{get, "/password/reset/{token}", everyone, s.openLink(resetPage)},
		{get, "/password/reset", everyone, s.withLink(resetPage, s.newReset)},
		{post, "/password/reset", everyone, s.withLink(resetPage, s.reset)},
		{post, "/password/reset/check/{field}", everyone, s.withLink(resetPage, s.checkReset)},
		{get, "/email/verify/{token}", everyone, s.openLink(verifyPage)},
		{get, "/email/verify", everyone, s.newVerify},
		{post, "/email/verify", everyone, s.withLink(verifyPage, s.verify)},
		{get, "/email/verify/resend", everyone, s.newVerifyInstead},
		{post, "/email/verify/resend", everyone, s.resend},
		{get, "/email/undo/{token}", everyone, s.openLink(undoPage)},
		{get, "/email/undo", everyone, s.withLink(undoPage, s.newUndo)},
		{post, "/email/undo", everyone, s.withLink(undoPage, s.undo)},
		{get, "/invite/{token}", everyone, s.openLink(invitePage)},
		{get, "/invite", everyone, s.withLink(invitePage, s.newInvite)},
		{post, "/invite", visitors, s.withLink(invitePage, s.invite)},
		{post, "/invite/check/{field}", everyone, s.withLink(invitePage, s.checkInvite)},

		{get, "/healthz", static, s.healthz},
		{get, "/readyz", static, s.readyz},
		{get, "/robots.txt", static, fixed(s.Robots)},
		{get, "/favicon.ico", static, fixed(s.Icon)},
		{get, "/assets/{file}", static, fixed(s.Assets(s.serve(s.notFound)))},
	}
	if s.Mailbox == nil {
		return routes
	}
	return append(routes, []route{
		{get, "/dev/mailbox", everyone, onThisMachine(s.mailbox)},
		{get, "/dev/mailbox/{n}", everyone, onThisMachine(s.mailboxMail)},
		{get, "/dev/mailbox.json", everyone, onThisMachine(s.mailboxJSON)},
	}...)
}

// fixed is the handler of something that never fails.
func fixed(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
