package storetest_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of the audit.
func TestAuditContract(t *testing.T) {
	contract(t, []promise{
		{"AUD-01 keeps what was done, with the numbers alone, when all of them are erased", auditOutlives},
		{"AUD-02 records each deed with who did it to whom, in the audit, the activity and the log", auditsAll},
		{"AUD-02 names who gave an account the role with which it was made", auditsAccounts},
		{"records a deed with its audit, or does not do it", auditsOrNothing},
		{"ADM-07 refuses to change the audit, but for the reason of who is erased", auditStays},
		{"writes nothing of what was done already", auditsOnce},
		{"keeps only what can be shown of a reason, and no more than its length", auditsPlainText},
		{"lists the audit, newest first, page by page", pagesAudit},
		{"AUD-03 lists the audit by whoever did it or had it done, by address and by kind", seeksAudit},
		{"prunes the audit in batches, once it is old", prunesAudit},
		{"shows a person what was done to them, and nobody of the staff", exportsDeeds},
	})
}

// audited is the whole audit, the newest first.
func (h house) audited(t *testing.T) []store.Deed {
	t.Helper()
	var all []store.Deed
	for _, d := range h.auditOf(t, store.Sought{}) {
		all = append(all, d.Deed)
	}
	return all
}

// auditOf is all of the audit that fulfils the conditions.
func (h house) auditOf(t *testing.T, sought store.Sought) (all []store.NamedDeed) {
	t.Helper()
	for {
		page, err := h.Audit(h.ctx, sought)
		must(t, err)
		if len(page.Rows) > store.ListedPerPage || page.Looked == 0 && page.More && len(page.Rows) != store.ListedPerPage {
			t.Fatalf("a page of %+v has %d, and more is %v", sought, len(page.Rows), page.More)
		}
		if all = append(all, page.Rows...); !page.More {
			return all
		}
		sought.Before = page.Next
	}
}

// logging is the same house, and its log.
func (h house) logging(t *testing.T) (house, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	rules := store.DefaultRules
	rules.Mails, rules.Keys, rules.RelyingParty = true, Keys(t), RelyingParty(t, Origin)
	s, err := store.New(h.ctx, h.db, NewPasswords(), NewHasher(t), rules, h.clock.Now, slog.New(slog.NewTextHandler(&log, nil)))
	must(t, err)
	h.Store = s
	return h, &log
}

func auditsAll(t *testing.T, h house) {
	h, log := h.logging(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	boss.Reason, boss.Device, boss.Trust = "asked by phone", "secret-device", "secret-trust"
	operator := Operator
	operator.Reason = boss.Reason
	for who, from := range map[string]store.Origin{"admin": boss, "operator": operator} {
		actor, does := "boss", fmt.Sprintf(" actor=%d request=TEST address=192.0.2.7", boss.By)
		if from.Operator {
			actor, does = "command line, alice", " operator=true"
		}
		for i, a := range actings {
			subject := a.begin(t, h, fmt.Sprintf("subject-%d-%s", i, who))
			list, _, err := h.Invitations(h.ctx, store.InviteMark{})
			must(t, err)
			h.clock.Move(time.Second)
			before := len(h.audited(t))
			log.Reset()
			must(t, a.do(h, subject, from))
			want := store.Deed{
				At: h.moment(0), Name: a.event, ActorID: from.By, Actor: actor, SubjectID: subject.ID, Detail: a.detail,
				Address: from.Address, Agent: from.Agent, Request: from.Request,
			}
			if a.kept {
				want.Reason = from.Reason
			}
			switch a.verb {
			case "AddUser":
				subject = h.find(t, "friend-of-"+subject.Username)
				want.SubjectID = subject.ID
			case "DownloadActivity", "DownloadAudit":
				want.SubjectID = 0
			case "Invite":
				list, _, err = h.Invitations(h.ctx, store.InviteMark{})
				must(t, err)
				fallthrough
			case "RevokeInvite":
				want.SubjectID = 0
				want.Detail = strings.Replace(a.detail, "HANDLE", list[0].Handle, 1)
			}
			deeds := h.audited(t)
			want.ID = deeds[0].ID
			if len(deeds) != before+1 || deeds[0] != want {
				t.Errorf("%s by the %s: %d rows more,\n%+v, want\n%+v", a.verb, who, len(deeds)-before, deeds[0], want)
			}
			line := " event=" + a.event + map[bool]string{true: fmt.Sprintf(" user=%d", want.SubjectID)}[want.SubjectID != 0] + does + "\n"
			if !strings.Contains(log.String(), line) {
				t.Errorf("%s by the %s logged\n%s, want%s", a.verb, who, log, line)
			}
			h.tellsOwner(t, a, subject, from)
		}
	}
	// Neither in the details nor anywhere else: nobody's address or username but the actor's.
	h.count(t, "audit WHERE detail LIKE '%@%' OR detail LIKE '%guest%' OR detail LIKE '%subject%'", 0)
	h.unread(t, "audit", "@", "guest", "subject-", "friend-", "secret")
}

// unread wants texts not to be in a table.
func (h house) unread(t *testing.T, table string, texts ...string) {
	t.Helper()
	var held strings.Builder
	for line := range strings.Lines(h.dump(t)) {
		if strings.HasPrefix(line, table+" ") {
			held.WriteString(strings.ReplaceAll(line, "subject_id", ""))
		}
	}
	for _, text := range texts {
		if held.Len() == 0 || strings.Contains(held.String(), text) {
			t.Errorf("%q is in %s:\n%s", text, table, held.String())
		}
	}
}

// tellsOwner wants the deed in the activity of whom it was done to.
func (h house) tellsOwner(t *testing.T, a acting, subject store.User, from store.Origin) {
	t.Helper()
	events, _, err := h.Events(h.ctx, subject, 0)
	must(t, err)
	switch {
	case a.verb == "Erase":
		if len(events) != 0 {
			t.Errorf("an erased person has events: %+v", events)
		}
		return
	case a.site && a.verb != "AddUser":
		if len(events) != 1 {
			t.Errorf("%s is in somebody's activity: %+v", a.verb, events)
		}
		return
	}
	detail := a.detail
	switch a.verb {
	case "AddUser":
		detail = ""
	case "EndSignInOf":
		detail = From.Agent
	}
	want := store.Event{
		ID: events[0].ID, At: h.moment(0), UserID: subject.ID, Name: a.event, Detail: detail,
		Origin: store.Origin{Operator: from.Operator, By: from.By, Request: from.Request},
	}
	if events[0] != want {
		t.Errorf("%s is told as\n%+v, want\n%+v", a.verb, events[0], want)
	}
}

func auditsAccounts(t *testing.T, h house) {
	h = h.mailing(t)
	first, err := h.Setup(h.ctx, h.setup(t), Ada(), From)
	must(t, err)
	h.post(t)
	boss := by(first)
	accepts := func(role string, from store.Origin, name string) (store.Invitation, store.User) {
		must(t, h.Invite(h.ctx, name+"@example.com", role, from))
		list, _, err := h.Invitations(h.ctx, store.InviteMark{})
		must(t, err)
		user, err := h.AcceptInvite(h.ctx, h.letter(t, store.LetterInvite).Token, store.Registration{Username: name, Password: Password}, on("new"))
		must(t, err)
		return list[0], user
	}
	one, helper := accepts("support", boss, "helper")
	two, chief := accepts(store.RoleAdmin, Operator, "chief")
	three, grace := accepts("", boss, "grace")
	var got []string
	for _, d := range h.audited(t) {
		got = append([]string{fmt.Sprintf("%s: %s (%d) to %d: %s", d.Name, d.Actor, d.ActorID, d.SubjectID, d.Detail)}, got...)
		if d.Address != "" && d.ActorID == 0 || d.Agent != "" && d.ActorID == 0 {
			t.Errorf("from where whoever opened the link came is in %+v", d)
		}
	}
	want := []string{
		"invited: command line, alice (0) to 0: setup",
		fmt.Sprintf("user_created: command line (0) to %d: setup admin", first.ID),
		fmt.Sprintf("invited: ada (%d) to 0: %s support", first.ID, one.Handle),
		fmt.Sprintf("user_created: ada (%d) to %d: %s support", first.ID, helper.ID, one.Handle),
		fmt.Sprintf("invited: command line, alice (0) to 0: %s admin", two.Handle),
		fmt.Sprintf("user_created: command line (0) to %d: %s admin", chief.ID, two.Handle),
		fmt.Sprintf("invited: ada (%d) to 0: %s member", first.ID, three.Handle),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the audit is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// They did it themselves.
	for _, user := range []store.User{first, helper, chief, grace} {
		events, _, err := h.Events(h.ctx, user, 0)
		must(t, err)
		if e := events[len(events)-1]; e.Name != store.EventRegistered || e.By != 0 || e.Operator || e.Address != From.Address {
			t.Errorf("%s begins with %+v", user.Username, e)
		}
	}
}

func auditOutlives(t *testing.T, h house) {
	h = h.mailing(t)
	user := h.confirmed(t, store.Registration{Name: "Olga Orlova", Username: "olga", Email: "olga@elsewhere.example", Password: Password})
	boss := h.staff(t, "boss", store.RoleAdmin)
	h.staff(t, "second", store.RoleAdmin)
	boss.Reason = "asked by phone"
	_, err := h.ChangeRole(h.ctx, user, "support", "", boss)
	must(t, err)
	must(t, h.Disable(h.ctx, user, boss))
	must(t, h.Enable(h.ctx, user, boss))
	_, err = h.ChangeRole(h.ctx, user, "", "support", boss)
	must(t, err)
	other := h.member(t, "bystander")
	must(t, h.Disable(h.ctx, other, boss))
	must(t, h.Erase(h.ctx, user, boss))
	must(t, h.Erase(h.ctx, h.find(t, "boss"), Operator))
	h.unread(t, "audit", "olga", "Orlova", "elsewhere")
	var got []string
	for _, d := range h.audited(t) {
		got = append([]string{fmt.Sprintf("%s by %s %d of %d %q: %s", d.Name, d.Actor, d.ActorID, d.SubjectID, d.Detail, d.Reason)}, got...)
	}
	byBoss := func(name string, subject store.User, more string) string {
		return fmt.Sprintf("%s by boss %d of %d %s", name, boss.By, subject.ID, more)
	}
	want := []string{
		byBoss("authz_change", user, `"member support": `),
		byBoss("authn_login_lock", user, `"": `),
		byBoss("authn_login_unlock", user, `"": `),
		byBoss("authz_change", user, `"support member": `),
		byBoss("authn_login_lock", other, `"": asked by phone`),
		byBoss("user_deleted", user, `"": asked by phone`),
		fmt.Sprintf(`user_deleted by command line, alice 0 of %d "": `, boss.By),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the audit is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Also where the time does it.
	must(t, h.Enable(h.ctx, other, Operator))
	must(t, h.CloseAccount(h.ctx, other, From))
	h.clock.Move(reopen)
	h.erases(t, 1)
	h.count(t, "audit WHERE reason <> '' AND name <> 'user_deleted'", 0)
}

func auditsOrNothing(t *testing.T, h house) {
	h = h.mailing(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	var subjects []store.User
	for i, a := range actings {
		subjects = append(subjects, a.begin(t, h, fmt.Sprintf("subject-%d", i)))
	}
	h.exec(t, `ALTER TABLE audit RENAME TO lost`)
	before := h.dump(t)
	for i, a := range actings {
		for _, from := range []store.Origin{boss, Operator} {
			if err := a.do(h, subjects[i], from); err == nil || refusal(err) {
				t.Errorf("%s without an audit: %v, want a fault", a.verb, err)
			}
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func auditStays(t *testing.T, h house) {
	boss := h.staff(t, "boss", store.RoleAdmin)
	boss.Reason = "asked"
	there, gone := h.member(t, "there"), h.member(t, "gone")
	must(t, h.Disable(h.ctx, there, boss))
	must(t, h.Disable(h.ctx, gone, boss))
	h.exec(t, `DELETE FROM users WHERE username = 'gone'`) // not by Erase, which empties the reason
	before := h.dump(t)
	changes := []string{`reason = ''`, `reason = 'x'`, `reason = '', detail = 'x'`, `id = id + 100`, `reason = '', id = id + 100`, `actor_id = NULL`, `subject_id = NULL`, `at = '2020-01-01 00:00:00'`}
	for _, column := range h.columns(t)["audit"] {
		if column != "at" && column != "reason" && !strings.HasSuffix(column, "id") {
			changes = append(changes, column+` = 'x'`, `reason = '', `+column+` = 'x'`)
		}
	}
	for _, change := range changes {
		for _, who := range []store.User{there, gone} {
			if change == `reason = ''` && who == gone {
				continue
			}
			_, err := h.db.Write.Exec(`UPDATE audit SET `+change+` WHERE subject_id = $1`, who.ID)
			if err == nil || !strings.Contains(err.Error(), "never changed") && !strings.Contains(err.Error(), "GENERATED ALWAYS") && !strings.Contains(err.Error(), "can only be updated to DEFAULT") {
				t.Errorf("%s of %s: %v", change, who.Username, err)
			}
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	h.exec(t, `UPDATE audit SET reason = '' WHERE subject_id = $1`, gone.ID)
	h.count(t, "audit WHERE reason = ''", 1)
	h.exec(t, `DELETE FROM audit`) // as pruning does
}

func auditsOnce(t *testing.T, h house) {
	boss := h.staff(t, "boss", store.RoleAdmin)
	ada := Register(t, h.Store, Ada())
	twice := map[string]func() error{
		"EndSignIns": func() error { _, err := h.EndSignIns(h.ctx, ada, boss); return err },
		"Enable":     func() error { return h.Enable(h.ctx, ada, boss) },
		"ChangeRole": func() error { _, err := h.ChangeRole(h.ctx, ada, "", "", boss); return err },
	}
	for name, verb := range twice {
		must(t, verb())
		if deeds := h.audited(t); len(deeds) != 0 {
			t.Errorf("%s with nothing to do wrote %+v", name, deeds)
		}
	}
	for range 2 {
		must(t, h.Disable(h.ctx, ada, boss))
		_, err := h.ChangeRole(h.ctx, ada, "support", "", boss)
		must(t, err)
	}
	if deeds := h.audited(t); len(deeds) != 2 {
		t.Errorf("wrote %+v", deeds)
	}
}

func auditsPlainText(t *testing.T, h house) {
	boss := h.staff(t, "boss", store.RoleAdmin)
	boss.Reason = "she\x00 asked\n\u202e" + strings.Repeat("ä", 5*store.ReasonMax) + "\xff"
	boss.Agent = strings.Repeat("x", 5000)
	must(t, h.Disable(h.ctx, Register(t, h.Store, Ada()), boss))
	operator := Operator
	operator.Account = "al\nice\x1b" + strings.Repeat("e", 5000)
	must(t, h.Disable(h.ctx, Register(t, h.Store, grace()), operator))
	deeds := h.audited(t)
	if d := deeds[1]; !strings.HasPrefix(d.Reason, "she askedää") || len(d.Reason) > 4*store.ReasonMax || len(d.Reason) < 2*store.ReasonMax || len(d.Agent) > 400 {
		t.Errorf("kept %+v", d)
	}
	if d := deeds[0]; !strings.HasPrefix(d.Actor, "command line, alice") || len(d.Actor) > 400 {
		t.Errorf("kept %+v", d)
	}
}

func pagesAudit(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	const all = store.ListedPerPage + 3
	for range (all + 1) / 2 {
		must(t, h.Disable(h.ctx, ada, Operator))
		must(t, h.Enable(h.ctx, ada, Operator))
	}
	h.exec(t, `DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)`)
	got := h.audited(t)
	for i, d := range got {
		if i > 0 && d.ID >= got[i-1].ID {
			t.Errorf("%d follows %d", d.ID, got[i-1].ID)
		}
	}
	if len(got) != all {
		t.Errorf("listed %d, want %d", len(got), all)
	}
	page, err := h.Audit(h.ctx, store.Sought{Before: got[store.ListedPerPage].ID})
	if err != nil || len(page.Rows) != all-store.ListedPerPage-1 || page.More {
		t.Errorf("the last page has %d, more %v, %v", len(page.Rows), page.More, err)
	}
}

func seeksAudit(t *testing.T, h house) {
	boss, second := h.staff(t, "boss", store.RoleAdmin), h.staff(t, "second", store.RoleAdmin)
	second.Address = "2001:db8::7"
	ada := Register(t, h.Store, Ada())
	must(t, h.Disable(h.ctx, ada, boss))
	must(t, h.Enable(h.ctx, ada, second))
	_, err := h.ChangeRole(h.ctx, h.find(t, "second"), "support", store.RoleAdmin, boss)
	must(t, err)
	must(t, h.Disable(h.ctx, ada, Operator))
	must(t, h.Erase(h.ctx, ada, boss))
	const off, on, role, gone = store.EventDisabled, store.EventEnabled, store.EventRoleChanged, store.EventErased
	for _, c := range []struct {
		sought store.Sought
		want   string
	}{
		{store.Sought{}, gone + " " + off + " " + role + " " + on + " " + off},
		{store.Sought{Who: boss.By}, gone + " " + role + " " + off},
		{store.Sought{Who: second.By}, role + " " + on},
		{store.Sought{Who: ada.ID}, gone + " " + off + " " + on + " " + off},
		{store.Sought{From: "2001:db8::7"}, on},
		{store.Sought{Kind: off}, off + " " + off},
		{store.Sought{Who: ada.ID, Kind: off}, off + " " + off},
		{store.Sought{Who: boss.By, Kind: on}, ""},
		{store.Sought{Who: ada.ID, From: "2001:db8::7"}, on},
		{store.Sought{Who: 4711}, ""},
	} {
		var got []string
		for _, d := range h.auditOf(t, c.sought) {
			got = append(got, d.Name)
			by := map[int64]string{boss.By: "boss", second.By: "second"}
			if d.By != by[d.ActorID] || d.Subject != by[d.SubjectID] { // Ada is erased
				t.Errorf("%+v names %q and %q", d.Deed, d.By, d.Subject)
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%+v lists %q, want %q", c.sought, got, c.want)
		}
	}
	// Somebody who did much and had much done to them: pages of both, in one order.
	h.exec(t, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO audit (at, name, actor_id, actor, subject_id, detail, reason, address, agent, request)
		SELECT $1, '%s', 1000 + i %% 2, '', 1001 - i %% 2, '', '', '', '', '' FROM n`, 3*store.ListedPerPage+1, off), h.moment(0))
	h.exec(t, `INSERT INTO audit (at, name, actor_id, actor, subject_id, detail, reason, address, agent, request)
		SELECT $1, $2, 1000, '', 1000, '', '', '', '', ''`, h.moment(0), off)
	all := h.auditOf(t, store.Sought{Who: 1000})
	for i, d := range all {
		if i > 0 && d.ID >= all[i-1].ID {
			t.Errorf("%d follows %d", d.ID, all[i-1].ID)
		}
	}
	if want := 3*store.ListedPerPage + 2; len(all) != want {
		t.Errorf("listed %d, want %d", len(all), want)
	}
}

func prunesAudit(t *testing.T, h house) {
	rules := store.DefaultRules
	rules.AuditRetention = 48 * time.Hour
	h = h.ruled(t, rules)
	ada := Register(t, h.Store, Ada())
	must(t, h.Disable(h.ctx, ada, Operator))
	must(t, h.Enable(h.ctx, ada, Operator))
	must(t, h.Disable(h.ctx, ada, Operator))
	h.clock.Move(time.Second)
	must(t, h.Enable(h.ctx, ada, Operator))
	h.clock.Move(rules.AuditRetention - time.Second - time.Microsecond)
	for _, want := range []int64{0, 2, 1, 0} {
		if n, err := Prune(h.ctx, h.Store, "audit", 2); err != nil || n != want {
			t.Errorf("pruned %d, %v; want %d", n, err, want)
		}
		if want == 0 {
			h.clock.Move(time.Microsecond)
		}
	}
	h.count(t, "audit", 1)
	if days := store.DefaultRules.AuditRetention.Hours() / 24; days != 730 {
		t.Errorf("the audit is kept for %v days", days)
	}
}

func exportsDeeds(t *testing.T, h house) {
	boss := h.staff(t, "boss", store.RoleAdmin)
	boss.Reason = "between us"
	ada, other := Register(t, h.Store, Ada()), Register(t, h.Store, grace())
	must(t, h.Disable(h.ctx, other, boss))
	_, err := h.ChangeRole(h.ctx, ada, "support", "", boss)
	must(t, err)
	h.clock.Move(time.Second)
	must(t, h.Disable(h.ctx, ada, Operator))
	export, err := h.Export(h.ctx, h.find(t, "ada"))
	must(t, err)
	want := []store.Deed{
		{At: h.moment(0), Name: store.EventDisabled, SubjectID: ada.ID},
		{At: h.moment(-time.Second), Name: store.EventRoleChanged, SubjectID: ada.ID, Detail: "member support"},
	}
	for i := range export.Deeds {
		export.Deeds[i].ID = 0
	}
	if !reflect.DeepEqual(export.Deeds, want) {
		t.Errorf("exported %+v, want %+v", export.Deeds, want)
	}
	all := fmt.Sprintf("%+v", export)
	for _, staff := range []string{"boss", "alice", "between us"} {
		if strings.Contains(all, staff) {
			t.Errorf("%q is in the export: %s", staff, all)
		}
	}
	for _, e := range export.Events {
		if e.By != 0 && (e.Address != "" || e.Agent != "") {
			t.Errorf("where an administrator sits is in the export: %+v", e)
		}
	}
	// What somebody did to others is nothing about them.
	export, err = h.Export(h.ctx, h.find(t, "boss"))
	must(t, err)
	if len(export.Deeds) != 0 {
		t.Errorf("exported %+v", export.Deeds)
	}
}
