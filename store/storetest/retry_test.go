package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"testing"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// act is a verb that changes something, about to be used.
type act func() error

// verbs are those that change something: each prepares a house and returns
// what is to succeed there.
var verbs = map[string]func(t *testing.T, h house) act{
	"register": func(_ *testing.T, h house) act {
		return func() error { _, err := h.Register(h.ctx, Ada(), From); return err }
	},
	"register in mode confirm": func(_ *testing.T, h house) act {
		return func() error { return h.RegisterPending(h.ctx, Ada(), "browser", From) }
	},
	"ask for the letter again": func(t *testing.T, h house) act {
		h.pending(t, Ada(), "browser")
		return func() error { return h.SendPending(h.ctx, "browser", From) }
	},
	"sign in": func(t *testing.T, h house) act {
		Register(t, h.Store, Ada())
		return func() error {
			entry, err := h.Authenticate(h.ctx, "ada", Password, From)
			if err != nil {
				return err
			}
			n, err := h.SignIn(h.ctx, entry, From)
			return errors.Join(err, h.present(n))
		}
	},
	"guess": func(t *testing.T, h house) act {
		Register(t, h.Store, Ada())
		return func() error {
			if _, err := h.Authenticate(h.ctx, "ada", "wrong", From); !refusal(err) {
				return fmt.Errorf("got %w, want a refusal", err)
			}
			return nil
		}
	},
	"sign out": func(t *testing.T, h house) act {
		n := h.signIn(t, false)
		return func() error { return h.SignOut(h.ctx, n, From) }
	},
	"prove": func(t *testing.T, h house) act {
		n := h.signIn(t, false)
		return func() error {
			n, err := h.Reauthenticate(h.ctx, n, Password, "", From)
			return errors.Join(err, h.present(n))
		}
	},
	"change the password": func(t *testing.T, h house) act {
		n := h.signIn(t, false)
		return func() error {
			n, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			return errors.Join(err, h.present(n))
		}
	},
	"change the profile": func(t *testing.T, h house) act {
		ada := Register(t, h.Store, Ada())
		return func() error { _, err := h.UpdateProfile(h.ctx, ada, "Countess", "countess", From); return err }
	},
	"ask for another address": func(t *testing.T, h house) act {
		ada := h.confirmed(t, Ada())
		return func() error { return h.ChangeEmail(h.ctx, ada, "new@example.com", From) }
	},
	"ask for a new password": func(_ *testing.T, h house) act {
		return func() error { return h.AskReset(h.ctx, "ada", From) }
	},
	"answer a question": func(t *testing.T, h house) act {
		h.confirmed(t, Ada())
		must(t, h.AskReset(h.ctx, "ada", From))
		return func() error { return took(h) }
	},
	"take letters": func(t *testing.T, h house) act {
		Register(t, h.Store, Ada())
		return func() error { return took(h) }
	},
	"end a sign-in": func(t *testing.T, h house) act {
		n, _ := h.signIn(t, false), h.signIn(t, false)
		handle := h.handles(t, "ada")[1]
		return func() error { return h.EndSignIn(h.ctx, n, handle, From) }
	},
	"end the other sign-ins": func(t *testing.T, h house) act {
		n, _ := h.signIn(t, false), h.signIn(t, false)
		return func() error {
			ended, err := h.EndOtherSignIns(h.ctx, n, From)
			if ended != 1 {
				return fmt.Errorf("ended %d, %w; want 1", ended, err)
			}
			return err
		}
	},
	"close": func(t *testing.T, h house) act {
		ada := h.confirmed(t, Ada())
		return func() error { return h.CloseAccount(h.ctx, ada, From) }
	},
	"reopen": func(t *testing.T, h house) act {
		ticket := h.Ticket(store.ByPassword(h.closed(t)))
		return func() error { _, err := h.Reopen(h.ctx, ticket, From); return err }
	},
	"erase what is closed": func(t *testing.T, h house) act {
		h.closed(t)
		h.clock.Move(h.ReopenWithin())
		return func() error { _, err := h.EraseClosed(h.ctx, 10); return err }
	},
	"erase": func(t *testing.T, h house) act {
		ada := Register(t, h.Store, Ada())
		return func() error { return h.Erase(h.ctx, ada, Operator) }
	},
	"disable and enable": func(t *testing.T, h house) act {
		ada := Register(t, h.Store, Ada())
		return func() error { return errors.Join(h.Disable(h.ctx, ada, Operator), h.Enable(h.ctx, ada, Operator)) }
	},
	"invite": func(_ *testing.T, h house) act {
		return func() error { return h.Invite(h.ctx, "guest@example.com", "", Operator) }
	},
	"invite as an administrator": func(t *testing.T, h house) act {
		boss := h.staff(t, "boss", store.RoleAdmin)
		return func() error { return h.Invite(h.ctx, "guest@example.com", "support", boss) }
	},
	"revoke an invitation": func(t *testing.T, h house) act {
		must(t, h.Invite(h.ctx, "guest@example.com", "support", Operator))
		handle := h.invitation(t).Handle
		return func() error {
			_, err := h.RevokeInvite(h.ctx, handle, Operator)
			return err
		}
	},
	"invite again": func(t *testing.T, h house) act {
		must(t, h.Invite(h.ctx, "guest@example.com", "support", Operator))
		handle := h.invitation(t).Handle
		return func() error {
			_, err := h.InviteAgain(h.ctx, handle, Operator)
			return err
		}
	},
	"open an invitation with a role": func(t *testing.T, h house) act {
		must(t, h.Invite(h.ctx, "guest@example.com", "support", h.staff(t, "boss", store.RoleAdmin)))
		token := h.letters(t)[store.LetterInvite].Token
		return func() error {
			user, err := h.AcceptInvite(h.ctx, token, visitor(), From)
			if user.Role != "support" {
				return fmt.Errorf("made %+v, %w", user, err)
			}
			return err
		}
	},
	"change a role": func(t *testing.T, h house) act {
		ada := h.confirmed(t, Ada())
		h.staff(t, "boss", store.RoleAdmin)
		h.exec(t, `UPDATE users SET role = 'admin' WHERE id = $1`, ada.ID)
		must(t, h.Invite(h.ctx, "guest@example.com", "support", by(ada)))
		return func() error {
			changed, err := h.ChangeRole(h.ctx, ada, "support", store.RoleAdmin, Operator)
			if !changed {
				return fmt.Errorf("it was support already, %w", err)
			}
			return err
		}
	},
	"add an account": func(_ *testing.T, h house) act {
		return func() error { _, err := h.AddUser(h.ctx, Ada(), store.RoleAdmin, Operator); return err }
	},
	"make a setup link": func(_ *testing.T, h house) act {
		return func() error { _, err := h.SetupToken(h.ctx, Operator); return err }
	},
	"become the first administrator": func(t *testing.T, h house) act {
		token := h.setup(t)
		return func() error {
			user, err := h.Setup(h.ctx, token, Ada(), From)
			if has, failed := h.HasAdmin(h.ctx); !has {
				return fmt.Errorf("made %+v, %w, %w", user, err, failed)
			}
			return err
		}
	},
	"make a link": func(t *testing.T, h house) act {
		ada := Register(t, h.Store, Ada())
		return func() error { _, err := h.ResetToken(h.ctx, ada, Operator); return err }
	},
	"prune": func(_ *testing.T, h house) act {
		return func() error { _, err := Prune(h.ctx, h.Store, "tokens", 10); return err }
	},
	"set an app up": func(t *testing.T, h house) act {
		ada := h.confirmed(t, Ada())
		n := h.enter(t, "ada", Password, From)
		h.enter(t, "ada", Password, on("other"))
		return func() error {
			n, codes, err := h.SetUpApp(h.ctx, n, ada, AppCode(h.AppKey(n, ada), h.clock), From)
			if len(codes) != store.RecoveryCodes {
				return fmt.Errorf("made %d codes, %w", len(codes), err)
			}
			return errors.Join(err, h.present(n))
		}
	},
	"sign in by a code": func(t *testing.T, h house) act {
		h, ada := h.equipped(t)
		return func() error {
			n, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), "trust", on("new"))
			return errors.Join(err, h.present(n))
		}
	},
	"sign in by a recovery code": func(t *testing.T, h house) act {
		h, ada := h.equipped(t)
		return func() error {
			n, err := SignInByCode(h.Store, "ada", Password, store.KindRecovery, ada.codes[0], "", on("new"))
			return errors.Join(err, h.present(n))
		}
	},
	"sign in on a trusted browser": func(t *testing.T, h house) act {
		h, _ = h.trusted(t)
		return func() error {
			n, err := h.SignIn(h.ctx, h.trustedEntry(t), trusting("home", trustToken))
			return errors.Join(err, h.present(n))
		}
	},
	"guess a code": func(t *testing.T, h house) act {
		h, ada := h.equipped(t)
		h.missCodes(t, ada.App, From, 2)
		return func() error {
			if _, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Wrong(), "", From); !refusal(err) {
				return fmt.Errorf("got %w, want a refusal", err)
			}
			return nil
		}
	},
	"prove with a code": func(t *testing.T, h house) act {
		h, ada := h.equipped(t)
		return func() error {
			n, err := h.Reauthenticate(h.ctx, ada.signIn, Password, ada.Code(), From)
			return errors.Join(err, h.present(n))
		}
	},
	"make new codes": func(t *testing.T, h house) act {
		h, ada := h.equipped(t)
		return func() error {
			n, codes := h.newCodes(t, ada.signIn)
			var good int
			must(t, h.db.Read.QueryRow(`SELECT count(*) FROM recovery_codes WHERE hash = $1`, secret.Digest(codes[0])).Scan(&good))
			if good != 1 {
				return errors.New("codes were returned that are not stored")
			}
			return h.present(n)
		}
	},
	"turn the second step off": func(t *testing.T, h house) act {
		h, ada := h.equipped(t)
		return func() error {
			n, err := h.TurnSecondStepOff(h.ctx, ada.signIn, h.find(t, "ada"), From)
			return errors.Join(err, h.present(n))
		}
	},
	"end trust": func(t *testing.T, h house) act {
		h, _ = h.trusted(t)
		return func() error { return h.EndTrust(h.ctx, h.find(t, "ada"), From) }
	},
	"reset the factors": func(t *testing.T, h house) act {
		h, _ = h.equipped(t)
		return func() error {
			ended, err := h.ResetFactors(h.ctx, h.find(t, "ada"), Operator)
			if ended != 1 {
				return fmt.Errorf("ended %d, %w; want 1", ended, err)
			}
			return err
		}
	},
	"drop what cannot be opened": func(t *testing.T, h house) act {
		h, _ = h.equipped(t)
		other := h.keyed(t, otherKeys(t))
		return func() error {
			dropped, _, err := other.DropUnreadableApps(h.ctx, Operator)
			if dropped != 1 {
				return fmt.Errorf("dropped %d, %w; want 1", dropped, err)
			}
			return err
		}
	},
	"sign in by a passkey": func(t *testing.T, h house) act {
		_, a, _, _ := h.passkeyed(t)
		return func() error {
			n, err := SignInByPasskey(t, h.Store, a, From)
			return errors.Join(err, h.present(n))
		}
	},
	"add a passkey where that turns the second step on": func(t *testing.T, h house) act {
		h.confirmed(t, Ada())
		n := h.enter(t, "ada", Password, From)
		site := store.DefaultRules
		site.Mails, site.SecondStepRequired = true, true
		h = h.ruled(t, site)
		return func() error {
			added, err := h.add(t, NewAuthenticator(Origin), n)
			if len(added.Codes) != store.RecoveryCodes || h.find(t, "ada").Passkeys != 1 {
				return fmt.Errorf("added %+v, %w", added, err)
			}
			return errors.Join(err, h.present(added.SignIn))
		}
	},
	"remove a passkey": func(t *testing.T, h house) act {
		_, _, n, _ := h.passkeyed(t)
		return func() error {
			n, err := h.RemovePasskey(h.ctx, n, h.find(t, "ada"), h.passkey(t, "ada").Handle, From)
			return errors.Join(err, h.present(n))
		}
	},
	"register with a passkey": func(t *testing.T, h house) act {
		token := h.pending(t, bare(Ada()), "browser")
		return func() error {
			c, err := h.BeginPendingPasskey(h.ctx, token)
			must(t, err)
			entry, err := h.CompleteWithPasskey(h.ctx, token, c.Token, NewAuthenticator(Origin).Create(t, c.PublicKey), named("Phone"), From)
			must(t, err)
			n, err := h.SignIn(h.ctx, entry, From)
			return errors.Join(err, h.present(n))
		}
	},
	"undo the first factor": func(t *testing.T, h house) act {
		_, _, _, undo := h.passkeyed(t)
		return func() error { return h.UndoFactors(h.ctx, undo, From) }
	},
	"open the link to confirm":         opens(store.PurposeVerify),
	"open the link to another address": opens(store.PurposeNewEmail),
	"open the link to a new password":  opens(store.PurposeReset),
	"open the link back":               opens(store.PurposeUndo),
	"open an invitation":               opens(store.PurposeInvite),
	"open the link of a registration":  opens(store.PurposeRegister),
}

func opens(purpose string) func(t *testing.T, h house) act {
	return func(t *testing.T, h house) act {
		token := h.links(t)[purpose].Token
		return func() error { return h.redeems()[purpose](token) }
	}
}

func took(h house) error {
	var err error
	for _, p := range store.Priorities {
		letters, failed := h.TakeLetters(h.ctx, p, 10, nil)
		err = errors.Join(err, failed)
		for _, l := range letters {
			err = errors.Join(err, h.LetterDone(h.ctx, l, store.OutcomeSent))
		}
	}
	return err
}

// present says whether a sign-in is one as the caller got it.
func (h house) present(n store.SignIn) error {
	_, _, err := h.Current(h.ctx, n.ID)
	return err
}

func refusal(err error) bool {
	_, ok := rules.AsRefusal(err)
	return ok
}

// bumpy counts the statements that change something, and lets another
// transaction be in the way of some of them: those whose numbers stand in the
// table. Unlike a table, what a sequence counts is not rolled back.
func (h house) bumpy(t *testing.T) {
	t.Helper()
	h.exec(t, `CREATE TABLE bumps (number BIGINT, code TEXT);
		CREATE SEQUENCE counted;
		CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$
		DECLARE this BIGINT := nextval('counted'); why TEXT;
		BEGIN
			SELECT code INTO why FROM bumps WHERE number = this OR number = 0;
			IF FOUND THEN RAISE EXCEPTION 'another transaction is in the way' USING ERRCODE = why; END IF;
			RETURN NULL;
		END $$`)
	for table := range h.columns(t) {
		if table != "bumps" {
			h.exec(t, `CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE ON `+table+` FOR EACH STATEMENT EXECUTE FUNCTION bump()`)
		}
	}
}

// counted is how many statements changed something since it was asked last.
func (h house) counted(t *testing.T) (n int) {
	t.Helper()
	must(t, h.db.Read.QueryRow(`SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM counted`).Scan(&n))
	h.exec(t, `ALTER SEQUENCE counted RESTART`)
	return n
}

// Whatever another transaction is in the way of, even of the last statement, and
// twice: it is done as if nothing had been.
func TestWhatAnotherTransactionIsInTheWayOfIsDoneAgain(t *testing.T) {
	t.Parallel()
	for name, prepare := range verbs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			smooth := open(t, PostgreSQL).mailing(t)
			do := prepare(t, smooth)
			smooth.bumpy(t)
			must(t, do())
			all := smooth.counted(t)
			if all == 0 {
				t.Fatal("it changes nothing")
			}
			h := open(t, PostgreSQL).mailing(t)
			do = prepare(t, h)
			h.bumpy(t)
			h.exec(t, `INSERT INTO bumps (number, code) VALUES ($1, '40001'), ($2, '40P01')`, all, all+1)
			if err := do(); err != nil {
				t.Errorf("in the way of statement %d of %d: %v", all, all, err)
			}
			if got := h.counted(t); got < all+2 {
				t.Errorf("%d statements, want at least %d: it was not done again", got, all+2)
			}
		})
	}
}

func TestWhatIsAlwaysInTheWayIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	h := open(t, PostgreSQL)
	n := h.signIn(t, false)
	h.bumpy(t)
	h.exec(t, `INSERT INTO bumps (number, code) VALUES (0, '40001')`)
	for what, do := range map[string]act{
		"a verb":      func() error { return h.SignOut(h.ctx, n, From) },
		"a statement": func() error { _, err := Prune(h.ctx, h.Store, "tokens", 10); return err },
	} {
		if err := do(); err == nil || !h.Unavailable(err) {
			t.Errorf("%s: %v, want an error that asks to try again", what, err)
		}
		if got := h.counted(t); got != 3 {
			t.Errorf("%s was tried %d times, want 3", what, got)
		}
	}
}

// When the answer to a COMMIT is lost nobody knows whether it was done.
func TestNothingIsTriedAgainOnceTheCommitWasSent(t *testing.T) {
	t.Parallel()
	h := open(t, PostgreSQL)
	ada := Register(t, h.Store, Ada())
	h.bumpy(t)
	h.exec(t, `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN RAISE EXCEPTION 'too late' USING ERRCODE = '40001'; END $$;
		CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()`)
	if err := h.Disable(h.ctx, ada, Operator); err == nil || !h.Unavailable(err) {
		t.Errorf("Disable = %v, want an error that asks to try again", err)
	}
	// The lock, which is inserted or updated, the user who is locked and then disabled, their sign-ins, who
	// looks at them, their invitations, trust and tokens, the event and the audit.
	if got := h.counted(t); got != 10 {
		t.Errorf("%d statements, want the 10 of one try", got)
	}
}

// Many people at once, on a database that sets every transaction against the
// others unless asked otherwise: also migrations and single statements ask.
func TestAsksForTheIsolationItIsWrittenFor(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"serializable", "repeatable read"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			cluster := Postgres(t)
			role := cluster.NewRole(t, `default_transaction_isolation = '`+level+`'`)
			strict := PostgreSQL
			strict.New = func(t testing.TB) string { return cluster.NewDatabase(t) + "&user=" + role }
			t.Run("migrations", func(t *testing.T) { migratesOnce(t, strict) })
			h := open(t, strict)
			mixedWriters(t, h)
			seen := map[string]bool{}
			h.exec(t, `CREATE TABLE seen (level TEXT); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN INSERT INTO seen VALUES (current_setting('transaction_isolation')); RETURN NULL; END $$;
				CREATE TRIGGER see AFTER INSERT OR DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION see();
				CREATE TRIGGER see AFTER DELETE ON tokens FOR EACH STATEMENT EXECUTE FUNCTION see()`)
			Register(t, h.Store, Ada())
			if _, err := Prune(h.ctx, h.Store, "tokens", 1); err != nil {
				t.Error(err)
			}
			rows, err := h.db.Read.Query(`SELECT level FROM seen`)
			must(t, err)
			defer rows.Close()
			for rows.Next() {
				var level string
				must(t, rows.Scan(&level))
				seen[level] = true
			}
			if len(seen) != 1 || !seen["read committed"] {
				t.Errorf("changed something at %v, want at read committed alone", seen)
			}
		})
	}
}

// What the connection string says stands for single statements; transactions ask by
// themselves.
func TestADeedAsksForItsIsolationWhateverTheConnectionSays(t *testing.T) {
	t.Parallel()
	strict := PostgreSQL
	strict.New = func(t testing.TB) string {
		return PostgreSQL.New(t) + "&default_transaction_isolation=" + url.QueryEscape("serializable")
	}
	t.Run("migrations", func(t *testing.T) { migratesOnce(t, strict) })
	mixedWriters(t, open(t, strict))
}

// Behind some poolers nothing can be prepared.
func TestEveryDeedIsDoneWithoutPreparedStatements(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"exec", "simple_protocol", "describe_exec"} {
		plain := PostgreSQL
		plain.New = func(t testing.TB) string { return PostgreSQL.New(t) + "&default_query_exec_mode=" + mode }
		for name, prepare := range verbs {
			t.Run(mode+" "+name, func(t *testing.T) {
				t.Parallel()
				must(t, prepare(t, open(t, plain).mailing(t))())
			})
		}
	}
}

// Whoever hangs up in the middle of a transaction, and a page that took too long, are no
// faults of ours.
func TestADeedThatIsCutOffSaysByWhat(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		ada := Register(t, h.Store, Ada())
		for _, why := range []error{context.Canceled, context.DeadlineExceeded} {
			ctx, cut := context.WithCancel(t.Context())
			defer cut()
			db := h.db
			db.InPlace = func() error { // asked when nothing is left to do but the commit
				cut()
				for db.Write.Stats().InUse > 0 { // until it is rolled back
					runtime.Gosched()
				}
				return nil
			}
			if err := New(t, db, h.clock).Disable(ended{ctx, why}, ada, From); !errors.Is(err, why) {
				t.Errorf("Disable = %v, want %v", err, why)
			}
		}
		if h.find(t, "ada").Disabled() {
			t.Error("it was done all the same")
		}
	})
}

// ended is a context that ended for that reason.
type ended struct {
	context.Context
	why error
}

func (e ended) Err() error {
	if e.Context.Err() == nil {
		return nil
	}
	return e.why
}
