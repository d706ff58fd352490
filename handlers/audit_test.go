package handlers

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// AUD-03, AUD-01: the audit names who did what to whom, and of who is erased the number.
func TestAUD03TheAuditIsFound(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		admin := v.asAdmin(t)
		admin.get("/admin/audit").is(200).tells("Role changed from Member to Administrator", "").tells("By command line, alice · to frances", "")
		storetest.Register(t, h.Store, registration("grace"))
		from := storetest.From
		from.By, from.Reason, from.Address = h.user(t, "frances").ID, "Asked <b>by</b> phone", "2001:db8::7"
		ada, grace := h.user(t, "ada"), h.user(t, "grace")
		for _, err := range []error{
			h.Store.Disable(t.Context(), ada, from), h.Store.Enable(t.Context(), ada, from), h.Store.Erase(t.Context(), grace, from),
			h.Store.Invite(t.Context(), "olga@example.org", "support", from),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		page := admin.get("/admin/audit").is(200).tells("Account disabled", "").tells("Reason: Asked <b>by</b> phone", "").
			tells(fmt.Sprintf("By frances · to Account %d, erased", grace.ID), "grace@").tells("Somebody invited as Support", "olga")
		if page.Find(`li a[href="/admin/audit?from=2001%3Adb8%3A%3A7"]`).Length() != 4 || page.Find("li b").Length() != 0 {
			t.Errorf("the rows are %s", page.body)
		}
		for query, want := range map[string]int{
			"": 5, "who=frances": 5, "who=ada": 2, "who=ada@example.com&kind=authn_login_lock": 1, fmt.Sprint("who=", grace.ID): 1,
			"from=2001:db8::7": 4, "from=2001:db8::7&kind=authz_change": 0, "kind=authz_change": 1, "who=command": -1, "kind=authn_login_fail": -1,
		} {
			if want < 0 {
				admin.get("/admin/audit?" + query).is(422)
				continue
			}
			if got := admin.get("/admin/audit?" + query).is(200).rowsListed(); got != want {
				t.Errorf("%q lists %d, want %d", query, got, want)
			}
		}
		admin.get("/admin/audit?before=1").is(200).says("Nothing found.")
		admin.get("/admin/audit?before=x").is(404)
		for _, value := range []string{"\x00x y", "x\xff\xfe y", strings.Repeat("é", 5000)} {
			for _, name := range []string{"who", "from", "kind"} {
				admin.get("/admin/audit?" + url.Values{name: {value}}.Encode()).is(422)
			}
		}
		h.staff(t, "jean", "support").get("/admin/audit").is(403)
		v.signsIn()
		v.get("/admin/audit").is(403)
	}, withMail)
}

// Whatever a page of the audit has is one of those to choose from.
func TestEveryDeedIsOneToChoose(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		page := admin.get("/admin/audit").is(200)
		for _, name := range auditedNames(t) {
			if page.Find(`select#kind option[value="`+name+`"]`).Length() != 1 {
				t.Errorf("%s is written into the audit and can't be chosen", name)
			}
		}
	})
}

var (
	audited   = regexp.MustCompile(`tx\.(?:audit|deed)\(ctx, \w+, (Event\w+)`)
	eventName = regexp.MustCompile(`\b(Event\w+)\s+= "(\w+)"`)
)

// auditedNames are the names that the store writes into the audit.
func auditedNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("../store/*.go")
	if err != nil {
		t.Fatal(err)
	}
	written, called := map[string]bool{}, map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range audited.FindAllStringSubmatch(string(text), -1) {
			written[found[1]] = true
		}
		for _, found := range eventName.FindAllStringSubmatch(string(text), -1) {
			called[found[1]] = found[2]
		}
	}
	for event := range written {
		names = append(names, called[event])
	}
	if len(names) < 12 {
		t.Fatalf("the store writes %q alone", names)
	}
	return names
}
