package handlers

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// file is a download as a spreadsheet reads it.
func (p *page) file(heads []string) (rows []map[string]string) {
	p.v.t.Helper()
	p.is(200)
	text, marked := strings.CutPrefix(p.body, "\ufeff")
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || strings.Join(lines[0], " ") != strings.Join(heads, " ") {
		p.v.t.Fatalf("%s is no file with these columns: %v\n%.300s", p.path, err, p.body)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[heads[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func days(since, until string) url.Values { return url.Values{"since": {since}, "until": {until}} }

// EXP-01: what people choose is text in a spreadsheet, whatever it begins with.
func TestEXP01NoCellIsAFormula(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		agents := []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "＝1", "＋1", "－1", "＠1", `"=1"`, "a,\"b\"=1", "'=1"}
		for i, agent := range agents {
			from := storetest.From
			from.By, from.Agent, from.Reason = h.user(t, "frances").ID, agent, agent
			user := storetest.Register(t, h.Store, registration(fmt.Sprintf("-person%02d", i)[1:]))
			from.By = 0
			if _, err := h.Store.SignIn(t.Context(), store.ByPassword(user), from); err != nil {
				t.Fatal(err)
			}
			from.By = h.user(t, "frances").ID
			if err := h.Store.Disable(t.Context(), user, from); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Move(time.Second)
		today := h.clock.Now().UTC().Format(time.DateOnly)
		agent := func(rows []map[string]string, name, cell string) (cells []string) {
			for _, row := range rows {
				if row["event"] == name {
					cells = append(cells, row[cell])
				}
			}
			return cells
		}
		activity := admin.post("/admin/activity/download", days(today, today)).file(components.ActivityHeads)
		audit := admin.post("/admin/audit/download", days(today, today)).file(components.AuditHeads)
		for what, cells := range map[string][]string{
			"activity": agent(activity, store.EventSignedIn, "user_agent")[1:], // the first is ours
			"audit":    agent(audit, store.EventDisabled, "user_agent"), "reasons": agent(audit, store.EventDisabled, "reason"),
		} {
			if len(cells) != len(agents) {
				t.Fatalf("%s has %q", what, cells)
			}
			for i, cell := range cells {
				want := strings.TrimPrefix(agents[i], "\t") // which is not kept
				if strings.ContainsAny(want[:1], "=+-@") || strings.HasPrefix(want, "\xef\xbc") {
					want = "'" + want
				}
				if cell != want {
					t.Errorf("%s: %q became %q, want %q", what, agents[i], cell, want)
				}
			}
		}
	})
}

// A download has exactly the days that were asked for, in the zone of who asks, and the audit says so.
func TestADownloadIsOfTheDaysAskedFor(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		admin := v.asAdmin(t)
		if _, err := h.data.Write.Exec(`DELETE FROM events`); err != nil {
			t.Fatal(err)
		}
		if err := h.Store.ChooseZone(t.Context(), h.user(t, "frances"), "Asia/Kathmandu"); err != nil {
			t.Fatal(err)
		}
		// There the day begins at 18:15 UTC.
		today := time.Date(h.clock.Now().UTC().Year(), h.clock.Now().UTC().Month(), h.clock.Now().UTC().Day(), 18, 15, 0, 0, time.UTC)
		first, last := today.AddDate(0, 0, -3), today.AddDate(0, 0, -1)
		ada := h.user(t, "ada").ID
		for i, at := range []time.Time{first.Add(-time.Microsecond), first, first.Add(time.Hour), first.Add(time.Hour), last.Add(-time.Microsecond), last} {
			_, err := h.data.Write.Exec(`INSERT INTO events (user_id, at, name, operator, address, agent, request, detail) VALUES ($1, $2, $3, false, $4, '', '', '')`,
				ada, at, store.EventFailed, fmt.Sprint("192.0.2.", i))
			if err != nil {
				t.Fatal(err)
			}
		}
		kathmandu := time.FixedZone("", 5*60*60+45*60)
		since, until := first.In(kathmandu).Format(time.DateOnly), first.AddDate(0, 0, 1).In(kathmandu).Format(time.DateOnly)
		answer := admin.post("/admin/activity/download", days(since, until))
		var got []string
		for _, row := range answer.file(components.ActivityHeads) {
			got = append(got, row["address"])
			if row["what"] != "Wrong password" || row["username"] != "ada" || row["account"] != fmt.Sprint(ada) || !strings.HasSuffix(row["at"], "Z") {
				t.Errorf("a row is %v", row)
			}
		}
		if got := strings.Join(got, " "); got != "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4" {
			t.Errorf("the file has %s", got)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/csv; charset=utf-8", "Cache-Control": "no-store",
			"Content-Disposition": fmt.Sprintf(`attachment; filename="activity-%s-%s.csv"`, since, until),
		} {
			if got := answer.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		page := admin.get("/admin/audit?kind=sensitive_read").is(200)
		if page.rowsListed() != 1 || !strings.Contains(page.Find("li.row-item").Text(), "Activity of ") || !strings.Contains(page.Find("li.row-item").Text(), " downloaded") {
			t.Errorf("the audit says %q", page.Find("li.row-item").Text())
		}
		// The audit of today has that row, and not the one about itself.
		h.clock.Move(time.Second)
		now := h.clock.Now().In(kathmandu).Format(time.DateOnly)
		exported := 0
		for _, row := range admin.post("/admin/audit/download", days(now, now)).file(components.AuditHeads) {
			if row["event"] == store.EventExported {
				exported++
				if row["detail"] != fmt.Sprintf("activity %s %s", since, until) || row["by"] != "frances" || row["account"] != "" {
					t.Errorf("a row is %v", row)
				}
			}
		}
		if exported != 1 {
			t.Errorf("%d downloads are in it, want 1", exported)
		}
		if rows := admin.post("/admin/activity/download", days("2001-01-01", "2001-01-02")).file(components.ActivityHeads); len(rows) != 0 {
			t.Errorf("long ago there are %v", rows)
		}
	})
}

// What can't be read is refused on the page of the list, with what was typed, and leaves no trace.
func TestADownloadOfNoDaysIsRefused(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		admin := v.asAdmin(t)
		helper := h.staff(t, "jean", "support")
		before := h.rows(t, "audit")
		for _, list := range []string{"/admin/activity", "/admin/audit"} {
			page := admin.get(list).is(200)
			form := page.Find("form#download")
			if form.AttrOr("action", "") != list+"/download" || form.AttrOr("method", "") != "post" || form.Is("[hx-post]") || form.Find("input[type=date]").Length() != 2 || form.Find("input[name=account]").Length() != 1 {
				t.Errorf("the form of %s is %s", list, page.body)
			}
			if since, until := page.value("since"), page.value("until"); len(since) != 10 || until != h.clock.Now().UTC().Format(time.DateOnly) || since >= until {
				t.Errorf("%s offers %s to %s", list, since, until)
			}
			for _, c := range []struct {
				days     url.Values
				sentence string
			}{
				{days("2026-11-02", "2026-11-01"), "The last day is before the first."},
				{days("", "2026-11-01"), "Choose a day."},
				{days("2026-11-01", "today"), "Choose a day."},
				{days("2026-11-01", "2026-11-31"), "Choose a day."},
				{days("<b>", strings.Repeat("9", 10_000)), "Choose a day."},
				{url.Values{}, "Choose a day."},
			} {
				refused := admin.post(list+"/download", c.days).is(422).says(c.sentence).hides("<b>")
				if got := refused.value("since"); got != c.days.Get("since") && !strings.Contains(c.days.Get("since"), "<") {
					t.Errorf("%v became %q", c.days, got)
				}
			}
			for _, other := range []*visitor{v, helper} {
				other.post(list+"/download", days("2026-11-01", "2026-11-02")).is(403)
			}
			admin.get(list + "/download").is(405)
			somebody := days("2026-11-01", "2026-11-02")
			somebody.Set("account", h.user(t, "ada").FormID())
			admin.post(list+"/download", somebody).is(422).says("You're signed in as frances")
		}
		h.clock.Move(store.RecentAuthStaff)
		for list, back := range map[string]string{"/admin/activity": "%2Fadmin%2Factivity", "/admin/audit": "%2Fadmin%2Faudit"} {
			admin.get(list).is(200)
			admin.post(list+"/download", days("2026-11-01", "2026-11-02")).goesTo("/confirm?next=" + back)
		}
		if got := h.rows(t, "audit"); got != before {
			t.Errorf("%d rows of the audit, want %d", got, before)
		}
	})
}

// EXP-02: a file is whole, or there is none, or it breaks off.
func TestEXP02AFileIsWholeOrBreaksOff(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, d)
			admin := h.staff(t, "frances", store.RoleAdmin)
			exec := func(statement string, args ...any) {
				t.Helper()
				if _, err := h.data.Write.Exec(statement, args...); err != nil {
					t.Fatal(err)
				}
			}
			exec(`DELETE FROM events`)
			h.happen(t, "frances", store.EventFailed, "192.0.2.1", store.DownloadMax)
			h.clock.Move(time.Second)
			today := h.clock.Now().UTC().Format(time.DateOnly)
			lines := strings.Split(admin.post("/admin/activity/download", days(today, today)).is(200).body, "\r\n")
			if len(lines) != store.DownloadMax+2 || lines[len(lines)-1] != "" {
				t.Errorf("the file has %d lines", len(lines))
			}
			audits := h.rows(t, "audit")
			h.happen(t, "frances", store.EventFailed, "192.0.2.1", 1)
			h.clock.Move(time.Second)
			admin.post("/admin/activity/download", days(today, today)).is(422).says("That's more than 50,000 rows. Choose fewer days.")
			if got := h.rows(t, "audit"); got != audits {
				t.Error("the audit has a download that was refused")
			}
			// More than the buffers between the two take, so the site is in the middle once the first part is read.
			exec(`DELETE FROM events`)
			h.happen(t, "frances", store.EventFailed, strings.Repeat("x", 500), store.DownloadMax)
			h.clock.Move(time.Second)
			request, err := http.NewRequest(post, h.server.URL+"/admin/activity/download", strings.NewReader(days(today, today).Encode()))
			if err != nil {
				t.Fatal(err)
			}
			request.Host = h.BaseURL.Host
			request.Header = http.Header{"Content-Type": {formType}, "Sec-Fetch-Site": {"same-origin"}}
			response, err := admin.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if _, err := io.ReadFull(response.Body, make([]byte, 1000)); err != nil || response.StatusCode != 200 {
				t.Fatalf("it begins with %d, %v", response.StatusCode, err)
			}
			exec(`ALTER TABLE events RENAME TO hidden`)
			if n, err := io.Copy(io.Discard, response.Body); err == nil {
				t.Errorf("after %d bytes it ends as if it were whole", n)
			}
			if got := strings.Count(h.log.String(), `"fault"`); got != 1 {
				t.Errorf("%d faults were logged", got)
			}
			// Before the first byte a fault has its page.
			admin.post("/admin/activity/download", days(today, today)).is(503)
		})
	}
}
