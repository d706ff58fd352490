package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-chi/chi/v5"

	"gatehouse/assets"
	"gatehouse/handlers/mail"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// house is a whole site of a test's own, on a real database and a real port.
type house struct {
	*Site
	kind   storetest.Database
	name   string
	change []func(*Site)
	db     storetest.DB
	data   store.Database
	clock  *storetest.Clock
	server *httptest.Server
	log    *logBuffer
	office *mail.Office
	// live are the paths of links that work, by the route that takes them.
	live map[string]string
}

// withMail gives a site a mailbox. Letters arrive when h.letters asks for them.
func withMail(s *Site) { s.Mailbox = &mail.Mailbox{} }

// letters delivers what is due and returns all that ever arrived, newest first.
func (h *house) letters(t testing.TB) []mail.Message {
	t.Helper()
	if err := h.office.Once(context.Background()); err != nil {
		t.Fatal(err)
	}
	return h.Mailbox.Messages()
}

// subjects are those of the letters to an address, newest first.
func (h *house) subjects(t testing.TB, to string) []string {
	t.Helper()
	var list []string
	for _, m := range h.letters(t) {
		if strings.EqualFold(m.To, to) {
			list = append(list, m.Subject)
		}
	}
	return list
}

// link is the path of the link in the newest letter to an address.
func (h *house) link(t testing.TB, to string) string {
	t.Helper()
	for _, m := range h.letters(t) {
		if !strings.EqualFold(m.To, to) {
			continue
		}
		for _, line := range strings.Split(m.Text, "\n") {
			if path, ok := strings.CutPrefix(line, h.BaseURL.String()); ok && path != "" {
				return path
			}
		}
	}
	t.Fatalf("no letter to %s has a link", to)
	return ""
}

// links makes live links of every purpose and returns their paths by purpose.
// Joan may confirm her address and choose a new password, Lise confirm a new
// address, Rosa has moved and may go back, Hedy waits to be confirmed, Olga is
// invited.
func (h *house) links(t testing.TB) map[string]string {
	t.Helper()
	ctx, links := t.Context(), map[string]string{}
	link := func(purpose, to string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		links[purpose] = h.link(t, to)
	}
	joan := storetest.Register(t, h.Store, registration("joan"))
	link(store.PurposeConfirm, joan.Email, nil)
	lise := h.confirms(t, "lise")
	link(store.PurposeAddress, "lise@example.org", h.Store.ChangeAddress(ctx, lise, "lise@example.org", storetest.From))
	link(store.PurposeReset, joan.Email, h.Store.AskReset(ctx, "joan", storetest.From))
	h.moves(t, "rosa")
	link(store.PurposeUndo, "rosa@example.com", nil)
	link(store.PurposeRegister, "hedy@example.com", h.Store.RegisterPending(ctx, registration("hedy"), strings.Repeat("H", 26), storetest.From))
	link(store.PurposeInvite, "olga@example.com", h.Store.Invite(ctx, "olga@example.com", storetest.From))
	h.live = map[string]string{
		"/password/reset/{token}": links[store.PurposeReset], "/email/verify/{token}": links[store.PurposeConfirm],
		"/email/undo/{token}": links[store.PurposeUndo], "/invite/{token}": links[store.PurposeInvite],
	}
	return links
}

// token is the token in the path of a link.
func token(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

// confirms registers an account whose address is confirmed.
func (h *house) confirms(t testing.TB, username string) store.User {
	t.Helper()
	user := storetest.Register(t, h.Store, registration(username))
	user, err := h.Store.ConfirmAddress(t.Context(), token(h.link(t, user.Email)), storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// moves registers an account and moves it from example.com to example.org.
func (h *house) moves(t testing.TB, username string) store.User {
	t.Helper()
	user, to := h.confirms(t, username), username+"@example.org"
	if err := h.Store.ChangeAddress(t.Context(), user, to, storetest.From); err != nil {
		t.Fatal(err)
	}
	user, err := h.Store.ConfirmAddress(t.Context(), token(h.link(t, to)), storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// newHouse builds a site on SQLite; change may alter it before it opens.
func newHouse(t testing.TB, change ...func(*Site)) *house {
	t.Helper()
	return newHouseOn(t, storetest.SQLite, change...)
}

// newHouseOn builds a site on a database.
func newHouseOn(t testing.TB, d storetest.Database, change ...func(*Site)) *house {
	t.Helper()
	return openHouse(t, d, d.New(t), storetest.NewClock(), change...)
}

// beside opens a further copy of the program on the same database, at the same
// time.
func (h *house) beside(t testing.TB) *house {
	t.Helper()
	return openHouse(t, h.kind, h.name, h.clock, h.change...)
}

func openHouse(t testing.TB, d storetest.Database, name string, clock *storetest.Clock, change ...func(*Site)) *house {
	t.Helper()
	ctx := context.Background()
	db := d.Open(t, name)
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	h := &house{kind: d, name: name, change: change, db: db, data: db.Accounts(), clock: clock, log: &logBuffer{}}
	passwords := storetest.NewPasswords(t)
	sessions, err := db.Sessions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(h.server.Listener.Addr().String(), ":")
	h.Site = &Site{
		Name: "Gatehouse", BaseURL: &url.URL{Scheme: "http", Host: "localhost:" + port}, Open: true,
		Clock: h.clock.Now, Passwords: passwords, AnswerWait: time.Minute,
		Assets: assets.Handler, Icon: assets.Icon(), Robots: assets.Robots(),
		Log: slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(h.Site)
	}
	rules := store.DefaultRules
	rules.Limits = h.Limits
	if h.Mailbox != nil {
		rules.Letters = storetest.Seal(t)
	}
	if h.Store, err = store.New(ctx, h.data, passwords, rules, h.clock.Now, h.Log); err != nil {
		t.Fatal(err)
	}
	h.office = &mail.Office{
		Store: h.Store, Sender: h.Mailbox, Site: h.Name, Base: h.BaseURL, From: "Gatehouse <no-reply@localhost>", Log: h.Log,
	}
	h.Sessions = NewSessions(sessions, h.https())
	h.server.Config.Handler = h.Handler()
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

// logBuffer collects what the site logs.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// both runs a row twice on each database, as a browser without script and as
// htmx. change may alter the site before it opens.
func both(t *testing.T, row func(t *testing.T, h *house, v *visitor), change ...func(*Site)) {
	on(t, storetest.Databases, row, change...)
}

// either is both for rows in which the database does not matter: on SQLite alone.
func either(t *testing.T, row func(t *testing.T, h *house, v *visitor), change ...func(*Site)) {
	on(t, []storetest.Database{storetest.SQLite}, row, change...)
}

func on(t *testing.T, databases []storetest.Database, row func(t *testing.T, h *house, v *visitor), change ...func(*Site)) {
	t.Parallel()
	for _, d := range databases {
		for _, htmx := range []bool{false, true} {
			name := d.Name + " plain"
			if htmx {
				name = d.Name + " htmx"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := newHouseOn(t, d, change...)
				v := h.visitor(t)
				v.htmx = htmx
				row(t, h, v)
			})
		}
	}
}

// visitor is a browser as far as HTTP goes: it has cookies and says where its
// requests come from. With htmx its forms are sent by htmx.
type visitor struct {
	t      testing.TB
	h      *house
	client *http.Client
	htmx   bool
	header http.Header
}

func (h *house) visitor(t testing.TB) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, h: h, header: http.Header{}, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		// Compressing is for the tests that ask for it.
		Transport: &http.Transport{DisableCompression: true},
	}}
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

// page is an answer.
type page struct {
	*goquery.Document
	v      *visitor
	path   string
	status int
	header http.Header
	body   string
}

// get opens a page, as a browser navigates: never as htmx.
func (v *visitor) get(path string) *page {
	v.t.Helper()
	return v.send(http.MethodGet, path, nil, http.Header{"Sec-Fetch-Site": {"same-origin"}})
}

// follows opens a link and the page that it leads to.
func (v *visitor) follows(link string) *page {
	v.t.Helper()
	answer := v.get(link).is(http.StatusSeeOther)
	return v.get(answer.header.Get("Location"))
}

// post sends a form to path, as a form or as htmx would.
func (v *visitor) post(path string, values url.Values) *page {
	v.t.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
	if v.htmx {
		header.Set("HX-Request", "true")
		header.Set("HX-Request-Type", "partial")
	}
	return v.send(http.MethodPost, path, strings.NewReader(values.Encode()), header)
}

func (v *visitor) send(method, path string, body io.Reader, header http.Header) *page {
	v.t.Helper()
	request, err := http.NewRequest(method, v.h.server.URL+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header = header
	for name, values := range v.header {
		request.Header[name] = values
	}
	request.Host = v.h.BaseURL.Host
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	response, err := v.client.Do(request)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(text))
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &page{document, v, path, response.StatusCode, response.Header, string(text)}
}

// submit fills the form that was found on the page and sends it where the form
// says. Keys that are no inputs of the form are a mistake of the test.
func (p *page) submit(values map[string]string) *page {
	p.v.t.Helper()
	form := p.Find("form.form[method=post]")
	if form.Length() != 1 {
		p.v.t.Fatalf("%s has %d forms:\n%s", p.path, form.Length(), p.body)
	}
	send := url.Values{}
	form.Find("input").Each(func(_ int, input *goquery.Selection) {
		name := input.AttrOr("name", "")
		if input.AttrOr("type", "") != "checkbox" {
			send.Set(name, input.AttrOr("value", ""))
		}
		if value, ok := values[name]; ok {
			send.Set(name, value)
			delete(values, name)
		}
	})
	if len(values) > 0 {
		p.v.t.Fatalf("%s has no inputs for %v", p.path, values)
	}
	return p.v.post(form.AttrOr("action", ""), send)
}

// goesTo requires that the answer sends the browser to path, and opens it.
func (p *page) goesTo(path string) *page {
	p.v.t.Helper()
	if got := p.destination(); got != path {
		p.v.t.Fatalf("%s answered %d and leads to %q, want %q\n%s", p.path, p.status, got, path, p.body)
	}
	return p.v.get(path)
}

// cookie is one that the answer sets, or nil.
func (p *page) cookie(name string) *http.Cookie {
	for _, c := range (&http.Response{Header: p.header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// destination is where the answer leads, or empty.
func (p *page) destination() string {
	switch p.status {
	case http.StatusSeeOther:
		return p.header.Get("Location")
	case http.StatusNoContent:
		return p.header.Get("HX-Redirect")
	}
	return ""
}

// arrives opens the page that the answer leads to, which must be path. An
// answer to htmx may be that page already.
func (p *page) arrives(path string) *page {
	p.v.t.Helper()
	if p.v.htmx && p.status == http.StatusOK {
		return p
	}
	return p.goesTo(path)
}

// masked is the whole answer but for what differs every time, and but for what
// was typed.
func (p *page) masked(typed string) string {
	header := p.header.Clone()
	for _, name := range []string{"X-Request-Id", "Date", "Content-Length", "Server-Timing"} {
		header.Del(name)
	}
	return fmt.Sprint(p.status, "\n", headerText(header), strings.ReplaceAll(p.body, `value="`+typed+`"`, `value="TYPED"`))
}

// turnedAway requires that whoever asked is led to sign in. An inline check
// leads nobody away from what they type.
func (p *page) turnedAway() *page {
	p.v.t.Helper()
	got := p.destination()
	check := p.v.htmx && strings.Contains(p.path, "/check/")
	if check && (p.status != http.StatusNoContent || got != "") || !check && !strings.HasPrefix(got, "/login") {
		p.v.t.Errorf("%s answered %d and leads to %q", p.path, p.status, got)
	}
	return p
}

// is requires a status and returns the page.
func (p *page) is(status int) *page {
	p.v.t.Helper()
	if p.status != status {
		p.v.t.Fatalf("%s answered %d, want %d\n%s", p.path, p.status, status, p.body)
	}
	return p
}

// says requires that the page contains the text that a person would read.
func (p *page) says(text string) *page {
	p.v.t.Helper()
	if !strings.Contains(p.Text(), text) {
		p.v.t.Errorf("%s does not say %q:\n%s", p.path, text, p.body)
	}
	return p
}

// hides requires that the answer contains text nowhere, markup included.
func (p *page) hides(texts ...string) *page {
	p.v.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			p.v.t.Errorf("%s contains %q:\n%s", p.path, text, p.body)
		}
	}
	return p
}

// message is the sentence at a field.
func (p *page) message(field string) string {
	return strings.TrimSpace(p.Find("#" + field + "-message").Text())
}

// value is what an input shows.
func (p *page) value(field string) string { return p.Find("#"+field).AttrOr("value", "") }

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

// proves confirms that it is Ada.
func (v *visitor) proves() *page {
	v.t.Helper()
	return v.post("/confirm", url.Values{"password": {storetest.Password}}).goesTo("/")
}

// signedIn says as whom the visitor is signed in, or nothing.
func (v *visitor) signedIn() string {
	v.t.Helper()
	return v.get("/").Find("main strong").Text()
}

// session is the value of the session cookie, device that of the device cookie.
func (v *visitor) session() string { return v.carries(v.h.Sessions.Cookie.Name) }
func (v *visitor) device() string  { return v.carries(v.h.cookieName("device")) }

func (v *visitor) carries(name string) string {
	for _, cookie := range v.client.Jar.Cookies(v.h.BaseURL) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// present sets the session cookie to a value of the test's choosing.
func (v *visitor) present(value string) {
	v.client.Jar.SetCookies(v.h.BaseURL, []*http.Cookie{{Name: v.h.Sessions.Cookie.Name, Value: value, Path: "/"}})
}

// rows counts the rows of a table.
func (h *house) rows(t testing.TB, table string) int {
	t.Helper()
	var n int
	if err := h.data.Read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// dump is everything in the database but some tables, to compare before and
// after.
func (h *house) dump(t testing.TB, without ...string) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"users", "signins", "sessions", "devices", "events", "throttles", "reserved_usernames", "tokens", "pending", "letters"} {
		if slices.Contains(without, table) {
			continue
		}
		rows, err := h.data.Read.Query(`SELECT * FROM ` + table + ` ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(sqlText)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for i, name := range columns {
				all.WriteString(table + "." + name + "=" + string(*values[i].(*sqlText)) + "\n")
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// sqlText scans anything into text.
type sqlText string

func (s *sqlText) Scan(value any) error {
	switch value := value.(type) {
	case []byte:
		*s = sqlText(value)
	default:
		*s = sqlText(fmt.Sprint(value))
	}
	return nil
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

// user is the account with that username as it is now.
func (h *house) user(t testing.TB, username string) store.User {
	t.Helper()
	user, err := h.Store.Find(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// registration is the wish of a person with that username.
func registration(username string) store.Registration {
	return store.Registration{Username: username, Email: username + "@example.com", Password: storetest.Password}
}

// ask sends a request to the handler without a connection, so that headers
// which no client would send arrive.
func ask(handler http.Handler, host, path string, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.URL.Path, request.Host, request.Header = path, host, header
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// walk calls visit for every route that the router really serves.
func (h *house) walk(t *testing.T, visit func(method, path string)) {
	t.Helper()
	err := chi.Walk(h.mux, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		visit(method, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
