package handlers

import (
	"context"
	"strconv"

	"github.com/alexedwards/scs/v2"
)

// Keys of session values. They are stored, so they never change.
const (
	keySignIn    = "signin"
	keyUser      = "user"
	keyTold      = "told"
	keyFlash     = "flash"
	keyTicket    = "reopen"
	keyDraftBy   = "kept-by"
	keyDraftPath = "kept-path"
	keyDraftForm = "kept-form"
)

// session is the typed view of the session in a context. The sign-in row in the store decides
// who is signed in; the session only names it.
type session struct {
	manager *scs.SessionManager
	ctx     context.Context
}

func (s *Site) session(ctx context.Context) session { return session{s.Sessions, ctx} }

// signIn is the id of the sign-in, or empty.
func (n session) signIn() string { return n.manager.GetString(n.ctx, keySignIn) }

// user is the id of the person who is signed in, or was until the sign-in ended; 0 for nobody.
func (n session) user() int64 {
	id, _ := strconv.ParseInt(n.manager.GetString(n.ctx, keyUser), 10, 64) // 0, nobody, if there is none
	return id
}

func (n session) begin(signIn string, user int64) {
	n.manager.Put(n.ctx, keySignIn, signIn)
	n.manager.Put(n.ctx, keyUser, strconv.FormatInt(user, 10))
}

// toldSignedOut says whether the person has seen that their sign-in ended.
func (n session) toldSignedOut() bool { return n.manager.GetBool(n.ctx, keyTold) }

func (n session) setToldSignedOut() { n.manager.Put(n.ctx, keyTold, true) }

// flash is the message for the next page, or empty.
func (n session) flash() string { return n.manager.GetString(n.ctx, keyFlash) }

func (n session) setFlash(sentence string) { n.manager.Put(n.ctx, keyFlash, sentence) }

func (n session) dropFlash() { n.manager.Remove(n.ctx, keyFlash) }

// ticket is the ticket of an unfinished entry, or empty.
func (n session) ticket() string { return n.manager.GetString(n.ctx, keyTicket) }

func (n session) dropTicket() { n.manager.Remove(n.ctx, keyTicket) }

func (n session) setTicket(ticket string) { n.manager.Put(n.ctx, keyTicket, ticket) }

// draft is the saved form, or the zero draft.
func (n session) draft() draft {
	return draft{
		by:   n.manager.GetString(n.ctx, keyDraftBy),
		path: n.manager.GetString(n.ctx, keyDraftPath),
		form: n.manager.GetString(n.ctx, keyDraftForm),
	}
}

func (n session) setDraft(d draft) {
	n.manager.Put(n.ctx, keyDraftBy, d.by)
	n.manager.Put(n.ctx, keyDraftPath, d.path)
	n.manager.Put(n.ctx, keyDraftForm, d.form)
}

func (n session) dropDraft() {
	n.manager.Remove(n.ctx, keyDraftBy)
	n.manager.Remove(n.ctx, keyDraftPath)
	n.manager.Remove(n.ctx, keyDraftForm)
}
