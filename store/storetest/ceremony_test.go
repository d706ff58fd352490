package storetest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of passkey ceremonies.
func TestCeremonyContract(t *testing.T) {
	contract(t, []promise{
		{"ends a ceremony for what it was begun for, by whom and where, and otherwise not", ownCeremony},
		{"gives a ceremony five minutes", fiveMinutes},
		{"FX-29 begins the same for everybody, names nobody, and stores nothing", beginsAlike},
		{"asks for what the site wants of a passkey", asksFor},
		{"takes an answer once, wherever it is given", answerOnce},
		{"lets one of twenty in who send one answer at once, and nobody by two that count the same", answerOnceAtOnce},
		{"FX-40 refuses what is no answer, and never falls over it", refusesGarbage},
		{"prunes used challenges once their time is up, in batches", prunesChallenges},
	})
}

// ending is a kind of ceremony: how it is begun and ended for a person by a holder, which is the id of
// a sign-in, and whether it adds a passkey.
type ending struct {
	name  string
	adds  bool
	begin func(h house, n store.SignIn, user store.User) (store.Ceremony, error)
	end   func(h house, n store.SignIn, user store.User, token, text string) error
}

var endings = []ending{
	{"sign-in", false, func(h house, n store.SignIn, _ store.User) (store.Ceremony, error) {
		return h.BeginPasskeySignIn(n.ID)
	}, func(h house, n store.SignIn, _ store.User, token, text string) error {
		_, err := h.AuthenticateByPasskey(h.ctx, token, text, n.ID, From)
		return err
	}},
	{"second step", false, func(h house, n store.SignIn, user store.User) (store.Ceremony, error) {
		return h.BeginSecondPasskey(h.ctx, store.ByPassword(user), n.ID)
	}, func(h house, n store.SignIn, user store.User, token, text string) error {
		_, err := h.EnterPasskey(h.ctx, store.ByPassword(user), token, text, n.ID, From)
		return err
	}},
	{"proof", false, func(h house, n store.SignIn, user store.User) (store.Ceremony, error) {
		return h.BeginPasskeyProof(h.ctx, n, user)
	}, func(h house, n store.SignIn, user store.User, token, text string) error {
		_, err := h.ReauthenticateByPasskey(h.ctx, n, user, token, text, From)
		return err
	}},
	{"adding", true, func(h house, n store.SignIn, user store.User) (store.Ceremony, error) {
		return h.BeginPasskey(h.ctx, n, user)
	}, func(h house, n store.SignIn, user store.User, token, text string) error {
		_, err := h.AddPasskey(h.ctx, n, user, token, text, named("New"), From)
		return err
	}},
	{"registration", true, func(h house, n store.SignIn, _ store.User) (store.Ceremony, error) {
		return h.BeginPendingPasskey(h.ctx, n.ID)
	}, func(h house, n store.SignIn, _ store.User, token, text string) error {
		_, err := h.CompleteWithPasskey(h.ctx, n.ID, token, text, named("New"), From)
		return err
	}},
}

// named gives a passkey that name.
func named(name string) func(model string) string { return func(string) string { return name } }

// oneHolder is Ada with a passkey, whose sign-in has the id and the handle that are the token of a registration as
// well: so all ceremonies have the same holder.
func (h house) oneHolder(t *testing.T) (house, *Authenticator, store.SignIn) {
	t.Helper()
	h = h.mailing(t)
	h.confirmed(t, Ada())
	a, n := h.keyholder(t)
	h.post(t)
	r := third()
	r.WithoutPassword = true
	token := h.pending(t, r, "browser")
	h.exec(t, `UPDATE signins SET id = $1, handle = $1 WHERE id = $2`, token, n.ID)
	n.ID, n.Handle = token, token
	return h, a, n
}

func ownCeremony(t *testing.T, h house) {
	h, a, n := h.oneHolder(t)
	b := NewAuthenticator(Origin)
	other := h.signInAs(t, h.confirmed(t, grace()), false)
	AddPasskey(t, h.Store, b, other)
	h.post(t)
	ada, grace := h.find(t, "ada"), h.find(t, "grace")
	before := h.dump(t, "events")
	refuses := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("%s: %v", what, err)
		}
		if after := h.dump(t, "events"); after != before {
			t.Fatalf("%s: the database changed from\n%s\nto\n%s", what, before, after)
		}
	}
	for _, begun := range endings {
		ceremony, err := begun.begin(h, n, ada)
		must(t, err)
		text := answer(t, begun, a, ceremony)
		for _, ended := range endings {
			if ended.name != begun.name {
				refuses("begun as "+begun.name+", ended as "+ended.name, ended.end(h, n, ada, ceremony.Token, text))
			}
		}
		elsewhere := n
		if begun.name != "registration" { // whose holder is what is looked for
			for _, holder := range []string{"another holder", "", other.Handle} {
				elsewhere.ID, elsewhere.Handle = holder, holder
				refuses(begun.name+" for another holder", begun.end(h, elsewhere, ada, ceremony.Token, text))
			}
		}
		for what, token := range map[string]string{
			"empty": "", "garbage": "AAAA", "no base64": "%", "with more": ceremony.Token + "AAAA", "cut": ceremony.Token[:len(ceremony.Token)-4],
			"changed": flipped(ceremony.Token),
		} {
			refuses(begun.name+" with a token that is "+what, begun.end(h, n, ada, token, text))
		}
		if begun.name == "sign-in" || begun.name == "registration" {
			continue
		}
		refuses(begun.name+" for another person", begun.end(h, n, grace, ceremony.Token, text))
		theirs, err := begun.begin(h, n, grace)
		must(t, err)
		refuses(begun.name+" of another person", begun.end(h, n, ada, theirs.Token, answer(t, begun, b, theirs)))
	}
	// What nobody holds is nobody's.
	for _, e := range endings[:4] {
		nobody := n
		nobody.ID, nobody.Handle = "", ""
		ceremony, err := e.begin(h, nobody, ada)
		must(t, err)
		refuses(e.name+" that nobody holds", e.end(h, nobody, ada, ceremony.Token, answer(t, e, a, ceremony)))
	}
	// Each ends what it was begun for. The last of them changes the epoch.
	for _, e := range endings {
		ceremony, err := e.begin(h, n, ada)
		must(t, err)
		must(t, e.end(h, n, ada, ceremony.Token, answer(t, e, a, ceremony)))
		h.exec(t, `UPDATE signins SET id = $1 WHERE user_id = $2`, n.ID, ada.ID) // a proof gave it another
	}
	h.count(t, "users", 3)
}

// answer is what an authenticator answers to a ceremony of a kind.
func answer(t *testing.T, e ending, a *Authenticator, ceremony store.Ceremony) string {
	t.Helper()
	if e.adds {
		return NewAuthenticator(Origin).Create(t, ceremony.PublicKey)
	}
	return a.Get(t, ceremony.PublicKey)
}

// flipped is a token with one bit changed.
func flipped(token string) string {
	data, _ := base64.RawURLEncoding.DecodeString(token)
	data[len(data)/2] ^= 1
	return base64.RawURLEncoding.EncodeToString(data)
}

func fiveMinutes(t *testing.T, h house) {
	h, a, n := h.oneHolder(t)
	for later, late := range map[time.Duration]bool{5*time.Minute - 2*time.Second: false, 5 * time.Minute: true, time.Hour: true} {
		for _, e := range endings {
			ada := h.find(t, "ada")
			ceremony, err := e.begin(h, n, ada)
			must(t, err)
			text := answer(t, e, a, ceremony)
			h.clock.Move(later)
			err = e.end(h, n, ada, ceremony.Token, text)
			if late && !errors.Is(err, store.ErrPasskeyLate) || !late && err != nil {
				t.Errorf("%s after %v: %v", e.name, later, err)
			}
			h.clock.Move(-later)
			h.exec(t, `UPDATE signins SET id = $1 WHERE user_id = $2`, n.ID, ada.ID)
			if !late && e.name == "registration" {
				must(t, h.Erase(h.ctx, h.find(t, "third"), Operator))
				h.exec(t, `DELETE FROM reserved_usernames`)
				r := third()
				r.WithoutPassword = true
				h.exec(t, `DELETE FROM letters`)
				token := h.pending(t, r, "browser")
				h.exec(t, `UPDATE signins SET id = $1`, token)
				n.ID = token
			}
		}
	}
}

// shown are the options of a ceremony as a page gets them.
func shown(t *testing.T, c store.Ceremony) map[string]any {
	t.Helper()
	text, err := json.Marshal(c)
	must(t, err)
	var page struct {
		Ceremony  string
		PublicKey map[string]any
	}
	must(t, json.Unmarshal(text, &page))
	if page.Ceremony != c.Token {
		t.Errorf("the page gets %q for a token", page.Ceremony)
	}
	return page.PublicKey
}

func beginsAlike(t *testing.T, h house) {
	_, n := h.keyholder(t)
	before := h.dump(t)
	lengths, challenges := map[int]bool{}, map[any]bool{}
	for range 3 {
		c, err := h.BeginPasskeySignIn(Browser)
		must(t, err)
		options := shown(t, c)
		lengths[len(c.Token)], challenges[options["challenge"]] = true, true
		delete(options, "challenge")
		if got, want := fmt.Sprint(options), "map[rpId:gatehouse.example timeout:240000 userVerification:required]"; got != want {
			t.Errorf("the options are %s, want %s", got, want)
		}
	}
	if len(lengths) != 1 || len(challenges) != 3 {
		t.Errorf("three beginnings have %d lengths and %d challenges", len(lengths), len(challenges))
	}
	for _, e := range endings[:4] {
		_, err := e.begin(h, n, h.find(t, "ada"))
		must(t, err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	Register(t, h.Store, grace())
	other := h.enter(t, "grace", Password, From)
	for _, e := range endings[1:3] {
		if _, err := e.begin(h, other, h.find(t, "grace")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a %s of who has none: %v", e.name, err)
		}
	}
}

func asksFor(t *testing.T, h house) {
	h, a, n := h.oneHolder(t)
	ada := h.find(t, "ada")
	id := base64.RawURLEncoding.EncodeToString(a.Keys[0].ID)
	for _, e := range endings[1:3] {
		c, err := e.begin(h, n, ada)
		must(t, err)
		options := shown(t, c)
		delete(options, "challenge")
		want := fmt.Sprintf("map[allowCredentials:[map[id:%s transports:[internal hybrid] type:public-key]] rpId:gatehouse.example timeout:240000 userVerification:required]", id)
		if got := fmt.Sprint(options); got != want {
			t.Errorf("a %s asks\n%s, want\n%s", e.name, got, want)
		}
	}
	for _, e := range endings[3:] {
		c, err := e.begin(h, n, ada)
		must(t, err)
		options := shown(t, c)
		user, _ := options["user"].(map[string]any)
		handle, err := base64.RawURLEncoding.DecodeString(fmt.Sprint(user["id"]))
		must(t, err)
		who, exclude := "map[displayName:Ada Lovelace name:ada]", fmt.Sprintf("[map[id:%s transports:[internal hybrid] type:public-key]]", id)
		if e.name == "registration" {
			who, exclude = "map[displayName:third name:third]", "<nil>"
		}
		delete(user, "id")
		for name, want := range map[string]string{
			"rp": "map[id:gatehouse.example name:Example]", "user": who, "excludeCredentials": exclude, "timeout": "240000",
			"pubKeyCredParams":       "[map[alg:-8 type:public-key] map[alg:-7 type:public-key] map[alg:-257 type:public-key]]",
			"authenticatorSelection": "map[requireResidentKey:true residentKey:required userVerification:required]",
			"attestation":            "none", "extensions": "map[credProps:true]",
		} {
			if got := fmt.Sprint(options[name]); got != want {
				t.Errorf("%s: %s is %s, want %s", e.name, name, got, want)
			}
		}
		if len(handle) != 64 || strings.Contains(string(handle), "ada") {
			t.Errorf("%s: the name of the person is %x", e.name, handle)
		}
	}
}

func answerOnce(t *testing.T, h house) {
	h, a, n := h.oneHolder(t)
	a.Synced = true // so that only the challenge counts
	ada := h.find(t, "ada")
	for _, e := range endings[:3] {
		c, err := e.begin(h, n, ada)
		must(t, err)
		text := a.Get(t, c.PublicKey)
		end := func() error { return e.end(h, n, ada, c.Token, text) }
		if e.name == "sign-in" {
			end = func() error {
				entry, err := h.AuthenticateByPasskey(h.ctx, c.Token, text, n.ID, From)
				must(t, err)
				_, err = h.SignIn(h.ctx, entry, From)
				return err
			}
		} else if e.name == "second step" {
			end = func() error {
				entry, err := h.EnterPasskey(h.ctx, store.ByPassword(ada), c.Token, text, n.ID, From)
				must(t, err)
				_, err = h.SignIn(h.ctx, entry, From)
				return err
			}
		}
		must(t, end())
		h.exec(t, `DELETE FROM signins WHERE id <> $1 AND handle <> $2`, n.ID, n.Handle)
		h.exec(t, `UPDATE signins SET id = $1 WHERE user_id = $2`, n.ID, ada.ID)
		if err := end(); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("a %s a second time: %v", e.name, err)
		}
		h.visit(t, n.ID)
	}
	h.count(t, "challenges", 4) // with that of the adding
	// The challenge of an adding as well, though its passkey is gone again.
	c, err := h.BeginPasskey(h.ctx, n, ada)
	must(t, err)
	text := NewAuthenticator(Origin).Create(t, c.PublicKey)
	added, err := h.AddPasskey(h.ctx, n, ada, c.Token, text, named("New"), From)
	must(t, err)
	h.exec(t, `DELETE FROM passkeys WHERE handle = $1`, added.Passkey.Handle)
	h.exec(t, `UPDATE signins SET id = $1 WHERE user_id = $2`, n.ID, ada.ID)
	if _, err := h.AddPasskey(h.ctx, n, h.find(t, "ada"), c.Token, text, named("New"), From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("added a second time: %v", err)
	}
	var stored string
	must(t, h.db.Read.QueryRow(`SELECT hash FROM challenges LIMIT 1`).Scan(&stored))
	if len(stored) != len(secret.Digest("")) {
		t.Errorf("stored of a challenge is %q", stored)
	}
}

func answerOnceAtOnce(t *testing.T, h house) {
	a, n := h.keyholder(t)
	must(t, h.SignOut(h.ctx, n, From))
	houses := []house{h, h.copied(t)}
	atOnce := func(answers int, token, text func(i int) string) (in int) {
		t.Helper()
		entries, errs := make([]store.Entry, answers), make([]error, answers)
		for i := range entries {
			var err error
			entries[i], err = h.AuthenticateByPasskey(h.ctx, token(i), text(i), Browser, From)
			must(t, err)
		}
		var group sync.WaitGroup
		for i := range entries {
			group.Go(func() { _, errs[i] = houses[i%2].SignIn(h.ctx, entries[i], From) })
		}
		group.Wait()
		for _, err := range errs {
			if err == nil {
				in++
			} else if !errors.Is(err, store.ErrPasskeyFailed) {
				t.Errorf("got %v", err)
			}
		}
		return in
	}
	a.Lie = func(r *Response) { r.Count = 1 }
	tokens, texts := make([]string, 2), make([]string, 2)
	for i := range tokens {
		tokens[i], texts[i] = h.answered(t, a)
	}
	if in := atOnce(2, func(i int) string { return tokens[i] }, func(i int) string { return texts[i] }); in != 1 {
		t.Errorf("%d of two answers that count the same came in", in)
	}
	if got := h.recorded(t, store.EventTokenReuse); got != 1 {
		t.Errorf("recorded %d times", got)
	}
	h.exec(t, `DELETE FROM signins`)
	a.Lie, a.Synced = nil, true
	token, text := h.answered(t, a)
	if in := atOnce(20, func(int) string { return token }, func(int) string { return text }); in != 1 {
		t.Errorf("%d of twenty came in by one answer", in)
	}
	h.count(t, "signins", 1)
	h.count(t, "challenges", 3) // with that of the adding
}

// missing are an answer without one of its members, each in turn.
func missing(t *testing.T, text string) map[string]string {
	t.Helper()
	without := map[string]string{}
	read := func() (credential, response map[string]any) {
		must(t, json.Unmarshal([]byte(text), &credential))
		response, _ = credential["response"].(map[string]any)
		return credential, response
	}
	put := func(name string, credential map[string]any) {
		changed, err := json.Marshal(credential)
		must(t, err)
		without[name] = string(changed)
	}
	whole, inner := read()
	for name := range whole {
		if name == "authenticatorAttachment" || name == "clientExtensionResults" { // may be missing
			continue
		}
		for _, value := range []any{nil, "", 1, []any{}, "%", "\x00", "AAAA"} {
			credential, _ := read()
			credential[name] = value
			put(fmt.Sprintf("%s %v", name, value), credential)
		}
		credential, _ := read()
		delete(credential, name)
		put(name+" missing", credential)
	}
	for name := range inner {
		if name == "transports" {
			continue
		}
		for _, value := range []any{nil, "", 1, map[string]any{}, "%", "\x00", "AAAA"} {
			credential, response := read()
			response[name] = value
			put(fmt.Sprintf("response.%s %v", name, value), credential)
		}
		credential, response := read()
		delete(response, name)
		put("response."+name+" missing", credential)
	}
	return without
}

func refusesGarbage(t *testing.T, h house) {
	h, a, n := h.oneHolder(t)
	ada := h.find(t, "ada")
	before := h.dump(t, "events")
	for _, e := range []ending{endings[0], endings[2], endings[3], endings[4]} {
		c, err := e.begin(h, n, ada)
		must(t, err)
		text := answer(t, e, a, c)
		garbage := missing(t, text)
		if e.name == "proof" { // it need not say whose it is
			for name := range garbage {
				if strings.HasPrefix(name, "response.userHandle") && name != "response.userHandle AAAA" {
					delete(garbage, name)
				}
			}
		}
		for what, garbled := range map[string]string{
			"empty": "", "NUL": "\x00", "null": "null", "a number": "1", "a list": "[]", "nothing in it": "{}", "only an id": `{"id":"AAAA"}`,
			"cut": text[:len(text)/2], "NUL in it": strings.Replace(text, `"id":"`, "\"id\":\"\x00", 1), "NUL after it": text + "\x00", "twice": text + text,
			"20 KB":       strings.Repeat("x", 20<<10),
			"20 KB of it": `{"id":"` + strings.Repeat("A", 20<<10) + `"}`,
			"deep":        strings.Repeat(`{"response":`, 10000), "deeper": strings.Repeat("[", 1<<20), "deep and whole": strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
			"no UTF-8": "\xff\xfe" + text, "an id that is too long": strings.Replace(text, `"id":"`, `"id":"`+strings.Repeat("A", 2000), 1),
		} {
			garbage[what] = garbled
		}
		for what, garbled := range garbage {
			if garbled == text {
				continue // the map of an answer has no order
			}
			err := e.end(h, n, ada, c.Token, garbled)
			if err == nil {
				t.Fatalf("%s, %s: it is taken", e.name, what)
			}
			if r := refused(t, err); errors.Is(err, store.ErrPasskeyUnknown) && !strings.HasPrefix(what, "id ") && !strings.HasPrefix(what, "rawId ") {
				t.Errorf("%s, %s: %+v", e.name, what, r)
			}
		}
		if e.adds {
			a := NewAuthenticator(Origin)
			for what, lie := range map[string]func(*Response){
				"an id of 1024 bytes": func(r *Response) { r.ID = make([]byte, 1024) },
				"an empty id":         func(r *Response) { r.ID = nil },
			} {
				a.Lie = lie
				if err := e.end(h, n, ada, c.Token, a.Create(t, c.PublicKey)); !errors.Is(err, store.ErrPasskeyFailed) {
					t.Errorf("%s with %s: %v", e.name, what, err)
				}
			}
		}
	}
	if after := h.dump(t, "events"); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func prunesChallenges(t *testing.T, h house) {
	a, _ := h.keyholder(t)
	for range 2 {
		_, err := SignInByPasskey(t, h.Store, a, From)
		must(t, err)
	}
	h.count(t, "challenges", 3)
	h.clock.Move(5*time.Minute - 2*time.Second)
	for _, want := range []int64{0, 2, 1, 0} {
		if n, err := Prune(h.ctx, h.Store, "challenges", 2); err != nil || n != want {
			t.Errorf("pruned %d, %v; want %d", n, err, want)
		}
		h.clock.Move(2 * time.Second)
	}
	h.count(t, "challenges", 0)
}

// Which sites can have passkeys, and for which domain.
func TestPasskeysAreForADomainOfTheSite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		base, domain string
		good         bool
	}{
		{"https://accounts.example.com", "accounts.example.com", true},
		{"https://accounts.example.com", "example.com", true},
		{"https://accounts.example.com:8443", "example.com", true},
		{"http://localhost:8080", "localhost", true},
		{"http://sub.localhost:8080", "sub.localhost", true},
		{"http://sub.localhost:8080", "localhost", false},
		{"https://localhost", "localhost", true},
		{"https://accounts.example.com", "com", false},
		{"https://accounts.example.com", "", false},
		{"https://accounts.example.com", "other.example.com", false},
		{"https://accounts.example.com", "ple.com", false},
		{"https://accounts.example.com", ".example.com", false},
		{"https://accounts.example.com", "example.com.evil.example", false},
		{"https://accounts.example.com", "my.accounts.example.com", false},
		{"http://accounts.example.com", "accounts.example.com", false},
		{"http://localhost.example.com", "localhost.example.com", false},
		{"https://127.0.0.1", "127.0.0.1", false},
		{"http://127.0.0.1:8080", "127.0.0.1", false},
		{"https://127.0.0.1", "0.0.1", false},
		{"https://[::1]", "::1", false},
		{"https://intranet", "intranet", false},
	} {
		base, err := url.Parse(c.base)
		must(t, err)
		party, err := store.NewRelyingParty("Example", base, c.domain)
		if (err == nil) != c.good || c.good && party.Domain() != c.domain {
			t.Errorf("passkeys of %s for %q: %v", c.base, c.domain, err)
		}
	}
}

// A passkey of the parent works on every site below it, and one of a site on no other.
func TestPasskeysOfAParentDomain(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		sites := map[string]house{}
		for host, domain := range map[string]string{"one.example.com": "example.com", "two.example.com": "example.com", "three.example.com": "three.example.com"} {
			base, err := url.Parse("https://" + host)
			must(t, err)
			rules := store.DefaultRules
			rules.RelyingParty, err = store.NewRelyingParty("Example", base, domain)
			must(t, err)
			sites[host] = h.ruled(t, rules)
		}
		a := NewAuthenticator("https://one.example.com")
		AddPasskey(t, sites["one.example.com"].Store, a, h.signIn(t, false))
		for _, host := range []string{"one.example.com", "two.example.com"} {
			a.Origin = "https://" + host
			if _, err := SignInByPasskey(t, sites[host].Store, a, From); err != nil {
				t.Errorf("at %s: %v", host, err)
			}
		}
		a.Origin = "https://three.example.com"
		c, err := sites["three.example.com"].BeginPasskeySignIn(Browser)
		must(t, err)
		// Its domain is a parent of this one, and not the one that this site asks for.
		if _, err := sites["three.example.com"].byPasskey(c.Token, a.Use(t, c.PublicKey, a.Keys[0])); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("a passkey of the parent at three.example.com: %v", err)
		}
	})
}
