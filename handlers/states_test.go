package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// states opens every kind of answer there is.
func (h *house) states(t *testing.T) map[string]*page {
	v, anonymous, as := h.visitor(t), h.visitor(t), h.visitor(t)
	as.htmx = true
	values := url.Values{}
	for name, value := range ada() {
		values.Set(name, value)
	}
	registered := v.post("/register", values)
	if h.https() {
		// The test speaks plain http, over which a jar returns no secure cookie.
		v.header.Set("Cookie", registered.cookie(h.Sessions.Cookie.Name).String())
	}
	crossed := anonymous.send(post, "/login", strings.NewReader("a=b"), http.Header{"Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"application/x-www-form-urlencoded"}})
	links := h.links(t)
	at := func(purpose string) *page {
		follower := h.visitor(t)
		answer := follower.get(links[purpose])
		if cookies := answer.header.Values("Set-Cookie"); h.https() {
			follower.header.Set("Cookie", cookies[0])
		}
		return follower.get(answer.header.Get("Location"))
	}
	full := h.visitor(t)
	full.header.Set("HX-Request", "true")
	full.header.Set("HX-Request-Type", "full")
	states := map[string]*page{
		"303 registered":   registered.is(303),
		"200 home":         v.get("/").is(200),
		"200 account":      v.get("/account").is(200),
		"200 devices":      v.get("/account/signins").is(200),
		"200 activity":     v.get("/account/activity").is(200),
		"200 profile":      v.get("/account/profile").is(200),
		"200 password":     v.get("/account/password").is(200),
		"200 data":         v.get("/account/data").is(200),
		"200 export":       v.get("/account/export").is(200),
		"200 closing":      v.get("/account/delete").is(200),
		"422 closing":      v.post("/account/delete", url.Values{"username": {"<b>"}}).is(422),
		"200 email":        v.get("/account/email").is(200),
		"422 email":        v.post("/account/email", url.Values{"email": {"<b>"}}).is(422),
		"200 unconfirmed":  v.get("/email/verify").is(200),
		"200 forgot":       anonymous.get("/password/forgot").is(200),
		"200 sent":         anonymous.get("/password/forgot?sent=1").is(200),
		"303 link":         anonymous.get("/password/reset/NONE").is(303),
		"422 link":         anonymous.get("/password/reset").is(422),
		"200 verify":       at(store.PurposeVerify).is(200),
		"200 pending":      at(store.PurposeRegister).is(200),
		"200 reset":        at(store.PurposeReset).is(200),
		"200 undo":         at(store.PurposeUndo).is(200),
		"200 undo factors": at(store.PurposeFactors).is(200),
		"200 invite":       at(store.PurposeInvite).is(200),
		"200 mailbox":      anonymous.get("/dev/mailbox").is(200),
		"200 mailbox JSON": anonymous.get("/dev/mailbox.json").is(200),
		"303 well-known":   anonymous.get("/.well-known/change-password").is(303),
		"200 anonymous":    anonymous.get("/").is(200),
		"200 login":        anonymous.get("/login?next=/account").is(200),
		"200 register":     anonymous.get("/register").is(200),
		"200 full":         full.get("/login").is(200),
		"200 field":        as.post("/register/check/password", url.Values{"password": {"short"}}).is(200),
		"204 htmx":         as.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}}).is(204),
		"303 asked for":    anonymous.get("/account").is(303),
		"400":              anonymous.post("/login", url.Values{"a": {"1", "2"}}).is(400),
		"403":              crossed.is(403),
		"404":              anonymous.get("/nowhere").is(404),
		"404 signed in":    v.get("/nowhere").is(404),
		"405":              anonymous.get("/logout").is(405),
		"413":              anonymous.post("/login", url.Values{"a": {strings.Repeat("x", 100<<10)}}).is(413),
		"415":              anonymous.send(post, "/login", strings.NewReader("{}"), http.Header{"Content-Type": {"application/json"}}).is(415),
		"421":              anonymous.send(get, "/login", nil, http.Header{"Host": {"evil.example"}}).is(421),
		"422":              anonymous.post("/register", url.Values{"username": {"<b>"}}).is(422),
		"422 htmx":         h.htmx(t).post("/register", url.Values{"username": {"<b>"}}).is(422),
		"422 login":        anonymous.post("/login", url.Values{"username": {"ada"}, "password": {"no"}}).is(422),
		"200 style":        anonymous.get(anonymous.get("/").Find("link[rel=stylesheet]").AttrOr("href", "")).is(200),
		"200 script":       anonymous.get(anonymous.get("/").Find("script").AttrOr("src", "")).is(200),
		"200 icon":         anonymous.get("/favicon.ico").is(200),
		"200 robots":       anonymous.get("/robots.txt").is(200),
		"200 healthz":      anonymous.get("/healthz").is(200),
		"200 readyz":       anonymous.get("/readyz").is(200),
		"404 in assets":    anonymous.get("/assets/none.css").is(404),
		"405 without path": anonymous.send(http.MethodDelete, "/", nil, http.Header{}).is(405),
	}
	if len(h.Product.Routes) > 0 {
		states["200 product"] = v.get("/members").is(200)
		states["303 product"] = v.get("/verified").is(303)
		states["200 preferences"] = v.get("/account/preferences").is(200)
		states["200 unsubscribe"] = anonymous.get(h.live["/unsubscribe/{token}"]).is(200)
	}
	return states
}

func (h *house) htmx(t *testing.T) *visitor {
	v := h.visitor(t)
	v.htmx = true
	return v
}
