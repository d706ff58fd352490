package main

import (
	"testing"

	"gatehouse/store/storetest"
)

// said is what was just done, as a page says it: once, or in the part that htmx took over.
const said = `(document.querySelector("main .notice, .flash")?.textContent ?? "(none)").trim()`

// TestBrowserAnAdministratorsDay goes through what somebody does who runs a site: invite, find, help, disable, enable,
// look and stop, change a role, read the audit. With JavaScript every page on the way is inspected, wide and narrow, by
// day and by night; without it the same pages say the same sentences on a telephone.
func TestBrowserAnAdministratorsDay(t *testing.T) {
	t.Parallel()
	for i, mode := range modes {
		d := storetest.Databases[i%len(storetest.Databases)]
		t.Run(d.Name+" "+mode.name, func(t *testing.T) {
			t.Parallel()
			p := &program{database: d.New(t), clock: storetest.NewClock()}
			p.start(t)
			p.add(t, ada)
			p.add(t, grace)
			p.command(t, "", "user", "role", "ada", "admin")
			b := mode.open(t, p)
			if b.plain {
				b.view(narrow, light)
			}
			administratorsDay(b)
		})
	}
}

func administratorsDay(b *tab) {
	inspect := func(name string) {
		b.t.Helper()
		if b.plain {
			b.is(overTheEdge, "")
			return
		}
		b.inspect("admin " + name)
	}
	does := func(act func(), sentence string) {
		b.t.Helper()
		if b.plain {
			b.follow(act)
		} else {
			act()
		}
		b.becomes(said, sentence)
	}
	to := func(path string) {
		b.t.Helper()
		if b.plain {
			b.open("/admin") // on a phone the way between the pages is there alone
		}
		b.follow(func() { b.clickOn(".account-nav a[href='" + path + "']") })
		b.arrive(path)
	}
	b.enter(ada)
	b.open("/")
	b.follow(func() { b.clickOn("header a[href='/admin']") })
	b.arrive("/admin")
	inspect("overview")

	to("/admin/invitations")
	inspect("invitations, none")
	b.write("email", "nobody")
	b.refuse(b.submit)
	b.write("email", "olga@example.org")
	does(b.submit, "olga@example.org is invited.")
	inspect("invitations")

	to("/admin/people")
	inspect("people")
	b.open("/admin/people?q=" + grace.Username)
	inspect("people found")
	b.follow(func() { b.clickOn(".rows a.username") })
	b.arrive("/admin/people/2")
	inspect("person")
	does(func() { b.clickOn("form[action$='/reset'] button") }, "A link for a new password is on its way to grace.")

	b.follow(func() { b.clickOn("a[href='/admin/people/2/disable']") })
	inspect("disable")
	b.write("reason", "She asked for it.")
	does(b.submit, "grace is disabled and signed out everywhere.")
	inspect("person disabled")
	does(func() { b.clickOn("form[action$='/enable'] button") }, "grace can sign in again.")

	b.follow(func() { b.clickOn("a[href='/admin/people/2/look']") })
	b.refuse(b.submit)
	inspect("look")
	b.write("reason", "She cannot find her devices.")
	b.follow(b.submit)
	b.arrive("/")
	b.open("/account")
	inspect("looking")
	b.follow(func() { b.clickOn("#looking button") })
	b.arrive("/admin/people/2")

	b.follow(func() { b.clickOn("a[href='/admin/people/2/role']") })
	inspect("role")
	b.script(`document.querySelector("[name=role][value=support], option[value=support]").tagName === "OPTION"
		? document.querySelector("select[name=role]").value = "support" : document.querySelector("[name=role][value=support]").checked = true`)
	does(b.submit, "grace is now Support and has to sign in again.")

	to("/admin/activity")
	inspect("activity")
	to("/admin/audit")
	inspect("audit")
	b.is(`String([...document.querySelectorAll(".diary h3")].length >= 6)`, "true")
}
