package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

// linkPage is the page behind a link in a letter. The tokens of opened links are in a cookie
// that lasts as long as the link. Several can be open at once, each in its own tab. So every
// form carries the digest of its link and acts only for that link.
type linkPage struct {
	cookie, path string
	lasts        time.Duration
	// typed says that the form asks for a name and a username.
	typed bool
	// open shows the page for a token, blank the form without one.
	open  func(s *Site, w http.ResponseWriter, r *http.Request, token string) error
	blank func(s *Site, w http.ResponseWriter, r *http.Request) error
}

var (
	resetPage   = linkPage{"reset", "/password/reset", store.ResetValid, false, (*Site).newReset, (*Site).blankReset}
	verifyPage  = linkPage{"verify", "/email/verify", store.VerifyValid, false, (*Site).newVerification, (*Site).blankVerify}
	undoPage    = linkPage{"undo", "/email/undo", store.UndoValid, false, (*Site).newUndo, (*Site).blankUndo}
	factorsPage = linkPage{"factors", "/factors/undo", store.UndoValid, false, (*Site).newFactorsUndo, (*Site).blankFactorsUndo}
	setupPage   = linkPage{"first", "/register/first", store.SetupValid, true, (*Site).newSetup, (*Site).blankSetup}
	invitePage  = linkPage{"invite", "/invite", store.InviteValid, true, (*Site).newInvite, (*Site).blankInvite}
)

// linkPages are all of them.
var linkPages = []linkPage{resetPage, verifyPage, undoPage, factorsPage, setupPage, invitePage}

// linkDigest identifies a link in the form of its page. It grants no access, and differs from
// the digest in the database.
func linkDigest(token string) string {
	sum := sha256.Sum256([]byte("link page " + token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// linkShape is the format of a digest.
var linkShape = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

const (
	// linksMax is how many links of one kind a browser may have open.
	linksMax = 4
	// badLink stands for a token that is not well-formed.
	badLink = "-"
)

// opened are the tokens of the links opened in this browser, newest first.
func (s *Site) opened(r *http.Request, p linkPage) []string {
	var tokens []string
	for _, value := range s.cookies(r, p.cookie, isTokens) {
		for token := range strings.SplitSeq(value, ".") {
			if len(tokens) < linksMax && !slices.Contains(tokens, token) {
				tokens = append(tokens, token)
			}
		}
	}
	return tokens
}

func isTokens(value string) bool {
	tokens := strings.Split(value, ".")
	return len(tokens) <= linksMax && !slices.ContainsFunc(tokens, func(t string) bool { return t != badLink && !isToken(t) })
}

// saveOpened stores the tokens of the opened links in the cookie.
func (s *Site) saveOpened(w http.ResponseWriter, r *http.Request, p linkPage, tokens []string) {
	if len(tokens) == 0 {
		s.dropCookie(w, r, p.cookie, isTokens)
		return
	}
	s.setCookie(w, p.cookie, strings.Join(tokens[:min(len(tokens), linksMax)], "."), p.lasts)
}

// closeLink removes an opened link, because it was used or is not valid.
func (s *Site) closeLink(w http.ResponseWriter, r *http.Request, p linkPage, token string) {
	tokens := slices.DeleteFunc(s.opened(r, p), func(t string) bool { return t == token })
	s.saveOpened(w, r, p, tokens)
}

// openLink moves the token from the address to the cookie, so that no history or log contains
// it, and redirects to the page. It neither checks nor uses the token, because mail scanners
// open links too.
func (s *Site) openLink(p linkPage) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token := chi.URLParam(r, "token")
		if !isToken(token) {
			token = badLink
		}
		others := slices.DeleteFunc(s.opened(r, p), func(t string) bool { return t == token })
		s.saveOpened(w, r, p, append([]string{token}, others...))
		return s.Redirect(w, r, p.path)
	}
}

// withLink runs a handler that needs the token of a link, within the limit for invalid tokens.
// A page uses the most recently opened token, a form the token it was drawn for. Every invalid
// token gets the same answer.
func (s *Site) withLink(p linkPage, do func(w http.ResponseWriter, r *http.Request, token string) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		tokens, i := s.opened(r, p), 0
		if r.Method == post {
			i = slices.IndexFunc(tokens, func(t string) bool { return linkDigest(t) == r.PostForm.Get("link") })
		}
		switch {
		case i >= 0 && i < len(tokens):
		case r.Method == post && !isCheck(r):
			return s.unknownLink(w, r, p, tokens)
		default:
			return s.invalidLink(w, r)
		}
		return s.withOpenLink(w, r, p, tokens[i], do)
	}
}

func (s *Site) withOpenLink(w http.ResponseWriter, r *http.Request, p linkPage, token string, do func(w http.ResponseWriter, r *http.Request, token string) error) error {
	from := source(r)
	sc := scopeOf(r)
	sc.link = linkDigest(token)
	if err := spend(s.budgets.links, from); err != nil && r.Method == post && !isCheck(r) {
		sc.refusal, sc.refusedAs = err.Error(), s.Refuse(w, r, err)
		return p.blank(s, w, r)
	} else if err != nil {
		return err
	}
	err := do(w, r, token)
	if errors.Is(err, store.ErrInvalidLink) && isCheck(r) {
		return noContent(w)
	}
	if errors.Is(err, store.ErrInvalidLink) {
		s.closeLink(w, r, p, token)
		if p.typed && r.PostForm.Get("name")+r.PostForm.Get("username") != "" {
			sc.link, sc.refusal = "", components.DeadLink
			return p.blank(s, w, r)
		}
		return s.invalidLink(w, r)
	}
	s.budgets.links.giveBack(from)
	return err
}

// unknownLink answers a form whose link is not open in this browser: the cookie is gone, or the
// form names no link. Nothing typed is lost. The form works once the link is opened again.
func (s *Site) unknownLink(w http.ResponseWriter, r *http.Request, p linkPage, tokens []string) error {
	sc := scopeOf(r)
	sc.refusal = components.UnknownLink
	if link := r.PostForm.Get("link"); linkShape.MatchString(link) {
		sc.link = link
		return p.blank(s, w, r)
	}
	if len(tokens) == 0 {
		return p.blank(s, w, r)
	}
	// Show what the link is about first, so that the sender sees it before acting.
	return s.withOpenLink(w, r, p, tokens[0], func(w http.ResponseWriter, r *http.Request, token string) error {
		return p.open(s, w, r, token)
	})
}

// invalidLink is the same answer to every link that is invalid or no longer valid. Who is signed
// in with a confirmed address learns that it is, whatever the link was.
func (s *Site) invalidLink(w http.ResponseWriter, r *http.Request) error {
	if isCheck(r) {
		return noContent(w)
	}
	scopeOf(r).refusal = ""
	if user := scopeOf(r).user; user != nil && user.Verified() && r.URL.Path == verifyPage.path {
		page := s.page(r, components.ConfirmedTitle)
		return s.show(w, r, http.StatusUnprocessableEntity, page, components.AlreadyConfirmed(*user))
	}
	page := s.page(r, components.StaleTitle)
	return s.show(w, r, http.StatusUnprocessableEntity, page, components.StaleLink(page.User, !s.hasCookies(r)))
}
