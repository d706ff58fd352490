package handlers

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	browser "gatehouse/handlers/visitor"
	"gatehouse/store/storetest"
)

// visitor is a browser of the package of that name, which knows the house it visits. With
// htmx its forms are sent by htmx.
type visitor struct {
	t       testing.TB
	h       *house
	browser *browser.Visitor
	client  *http.Client
	htmx    bool
	header  http.Header
}

func (h *house) visitor(t testing.TB) *visitor {
	b := browser.New(t, h.server.URL, h.BaseURL)
	return &visitor{t: t, h: h, browser: b, client: b.Client, header: http.Header{}}
}

// another is a further browser of the same kind.
func (v *visitor) another() *visitor {
	other := v.h.visitor(v.t)
	other.htmx = v.htmx
	return other
}

// from has the visitor come from an address, at a site that is limited.
func (v *visitor) from(address string) *visitor {
	v.header.Set("X-Forwarded-For", address)
	return v
}

// with is the browser as the test has set it up.
func (v *visitor) with() *browser.Visitor {
	v.browser.HTMX, v.browser.Header = v.htmx, v.header
	return v.browser
}

func (v *visitor) get(path string) *page {
	v.t.Helper()
	return v.page(v.with().Get(path))
}

func (v *visitor) follows(link string) *page {
	v.t.Helper()
	return v.page(v.with().Follows(link))
}

// post sends a form to path, as a form or as htmx would. A form of the page behind a
// link belongs to the one that was opened last, unless it says otherwise.
func (v *visitor) post(path string, values url.Values) *page {
	v.t.Helper()
	for _, p := range linkPages {
		opened := v.carries(p.cookie)
		if strings.HasPrefix(path, p.path) && opened != "" && !values.Has("link") && path != "/email/verify/resend" {
			newest, _, _ := strings.Cut(opened, ".")
			values = maps.Clone(values)
			values.Set("link", linkDigest(newest))
		}
	}
	return v.postExactly(path, values)
}

// postExactly sends these values and nothing else.
func (v *visitor) postExactly(path string, values url.Values) *page {
	v.t.Helper()
	return v.page(v.with().Post(path, values))
}

func (v *visitor) send(method, path string, body io.Reader, header http.Header) *page {
	v.t.Helper()
	return v.page(v.with().Send(method, path, body, header))
}

// ada is what Ada types to register.
func ada() map[string]string {
	return map[string]string{"name": "Ada Lovelace", "username": "Ada", "email": "ada@example.com", "password": storetest.Password}
}

// registers makes Ada's account and leaves the visitor signed in.
func (v *visitor) registers() *page {
	v.t.Helper()
	return v.get("/register").submit(ada()).goesTo("/")
}

// signsIn signs Ada in.
func (v *visitor) signsIn(with ...string) *page {
	v.t.Helper()
	values := map[string]string{"username": "ada", "password": storetest.Password}
	for _, box := range with {
		values[box] = "on"
	}
	return v.get("/login").submit(values).goesTo("/")
}

// tries sends the sign-in form, without a look at the page.
func (v *visitor) tries(username, password string) *page {
	v.t.Helper()
	return v.post("/login", url.Values{"username": {username}, "password": {password}})
}

// reauthenticates gives the password of Ada again.
func (v *visitor) reauthenticates() *page {
	v.t.Helper()
	return v.post("/confirm", url.Values{"password": {storetest.Password}}).goesTo("/")
}

// signedIn says as whom the visitor is signed in, or nothing. Nobody is told that they were
// signed out by it.
func (v *visitor) signedIn() string {
	v.t.Helper()
	if v.send(http.MethodHead, "/account", nil, http.Header{}).status != http.StatusOK {
		return ""
	}
	return strings.TrimSpace(v.get("/account").Find(".link-rows .username").Text())
}

// session is the value of the session cookie, device that of the device cookie.
func (v *visitor) session() string { return v.carries(sessionCookie) }
func (v *visitor) device() string  { return v.carries(deviceCookie) }

func (v *visitor) carries(name string) string {
	for _, cookie := range v.client.Jar.Cookies(v.h.BaseURL) {
		if cookie.Name == v.h.cookieName(name) {
			return cookie.Value
		}
	}
	return ""
}

// present sets the session cookie to a value of the test's choosing.
func (v *visitor) present(value string) {
	v.client.Jar.SetCookies(v.h.BaseURL, []*http.Cookie{{Name: v.h.Sessions.Cookie.Name, Value: value, Path: "/"}})
}

// closes makes an account and closes it. The visitor has just signed in to it
// again, and may reopen it.
func (v *visitor) closes(username string) *page {
	v.t.Helper()
	user := storetest.Register(v.t, v.h.Store, registration(username))
	if err := v.h.Store.CloseAccount(v.t.Context(), user, storetest.From); err != nil {
		v.t.Fatal(err)
	}
	return v.tries(username, storetest.Password).goesTo("/reopen")
}
