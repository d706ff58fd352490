package mail

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store/rules"
)

func TestTheLogNamesNobodyAndLosesNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`550 "5.1.1 <Ada.Private@example.com>: Recipient rejected", for: <ada.private@EXAMPLE.com>`:                   `550 "5.1.1 <ADDRESS>: Recipient rejected", for: <ADDRESS>`,
		"550 ada.private@example.com: unknown; see (ada.private@example.com), 'ada.private@example.com'.":             "550 ADDRESS: unknown; see (ADDRESS), 'ADDRESS'.",
		`550 <"ada private"@example.com>: unknown`:                                                                    `550 <ADDRESS>: unknown`,
		`550 "o'ada"@example.com o'ada@example.com`:                                                                   `550 ADDRESS ADDRESS`,
		"550 <ada@[192.0.2.1]>, <ada@[IPv6:2001:db8::1]>: unknown":                                                    "550 <ADDRESS>, <ADDRESS>: unknown",
		"550 <зоя@пример.example>, <zoë@example.com>: unknown":                                                        "550 <ADDRESS>, <ADDRESS>: unknown",
		"550 bounce+ada=example.com@lists.example.com is unknown":                                                     "550 ADDRESS is unknown",
		"550 see https://spf.example/why?id=ada%40example.com&ip=192.0.2.1 please":                                    "550 see https://spf.example/why?id=ADDRESS&ip=192.0.2.1 please",
		"550 see https://spf.example/why?ada+home@example.com&ip=192.0.2.1 please":                                    "550 see https://spf.example/why?ADDRESS&ip=192.0.2.1 please",
		"550 {a/b}@example.org and x{a/b}@example.org, {A/B}@Example.org":                                             "550 ADDRESS and ADDRESS, ADDRESS",
		"551 try <{x|y/z?&}@example.com>, {x|y/z?&}@example.com; or a/b@example.com/c":                                "551 try <ADDRESS>, ADDRESS; or ADDRESS/c",
		"550 orcpt=rfc822;annax+40example.com, <anna+2Bx+40example.com>":                                              "550 orcpt=rfc822;ADDRESS, <ADDRESS>",
		"450 wait 30+40 s, call +40 21 5550100 or +40.21":                                                             "450 wait 30+40 s, call +40 21 5550100 or +40.21",
		"550 see http://a.example/p/q?x=1&to={x|y}@example.com&c=2#ada or <https://a.example/?e=ada%2540example.com>": "550 see http://a.example/p/q?x=1&ADDRESS&c=2#ada or <https://a.example/?e=ADDRESS>",
		"550 see http://a.example/?to={a/b}@example.org&c=2, www.a.example/p?{a/b}@example.org":                       "550 see http://a.example/?ADDRESS&c=2, www.a.example/p?ADDRESS",
		"550 bounce-{a/b}=example.org@lists.example, SRS0=x=y=example.org={a/b}@us.example":                           "550 ADDRESS, ADDRESS",
		"dial tcp [2001:db8::1]:25: connect: connection refused":                                                      "dial tcp [2001:db8::1]:25: connect: connection refused",
		"lookup mail.example.com on 127.0.0.53:53: no such host":                                                      "lookup mail.example.com on 127.0.0.53:53: no such host",
		"504 5.5.2 <[IPv6:::1]>: Helo command rejected @ 9:41\nsecond line, 100 %":                                    "504 5.5.2 <[IPv6:::1]>: Helo command rejected @ 9:41\nsecond line, 100 %",
	} {
		if got := redact(errors.New(text), "{a/b}@example.org"); got != want {
			t.Errorf("the log says\n%s\nwant\n%s", got, want)
		}
	}
	if got := redact(errors.New("a@b.example"), ""); got != "ADDRESS" {
		t.Errorf("the log says %s", got)
	}
}

// spelt are the ways in which mail servers write an address.
func spelt(local, domain string) []string {
	xtext := func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			if c <= ' ' || c > '~' || c == '+' || c == '=' || c == '@' {
				fmt.Fprintf(&b, "+%02X", c)
			} else {
				b.WriteByte(c)
			}
		}
		return b.String()
	}
	all := func(form, text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, form, c)
		}
		return b.String()
	}
	address := local + "@" + domain
	list := []string{
		address, `"` + local + `"@` + domain, `"` + all(`\%c`, local) + `"@` + domain, local + " @ " + domain,
		xtext(address), all("+%02X", address), url.QueryEscape(address), url.PathEscape(address), all("%%%02x", address), url.QueryEscape(url.QueryEscape(address)),
		url.QueryEscape(`"` + local + `"@` + domain), strings.ReplaceAll(address, "@", "%40"), strings.ReplaceAll(address, "@", "+40"), local + "=" + domain,
	}
	for _, spelling := range list {
		list = append(list, strings.ToUpper(spelling), strings.ToLower(spelling))
	}
	return list
}

// Whatever the address is and however a server writes it, it is not in the log.
func FuzzTheLogNamesNobody(f *testing.F) {
	for _, local := range []string{
		"ada", "ada+home", "{a/b}", "o'ada", "'ada'", "a|b?c&d", "//ada", "www.ada", "a+40b.c?d", "a%40b?d", "a%b", "a=b.c", "#!$*-/=?^_`{|}~", "ADDRESS", "x+", "%", "25%25", "a&b/c'd'",
	} {
		for _, around := range []string{"%s", "550 5.1.1 <%s>: unknown", "see https://mail.example/a/b?to=%s&c=1", "<http://mail.example/%s/>", `"%s" '%s',%s;(%s)`, "x://y/?%s", "rcpt:%s", "www.a.example/%s?%s", "bounce-%s@lists.example", "rfc822;%s|%s/%s", "%s://%s", `x://"%s`} {
			f.Add(local, "mail-1.example.com", around)
		}
	}
	f.Fuzz(func(t *testing.T, local, domain, around string) {
		to := local + "@" + domain
		if canonical, err := rules.CanonicalEmail(to); err != nil || !strings.EqualFold(canonical, to) || strings.Count(around, "%") != strings.Count(around, "%s") {
			t.Skip("no letter goes there")
		}
		list := spelt(local, domain)
		var text strings.Builder
		for _, spelling := range list {
			text.WriteString(strings.ReplaceAll(around, "%s", spelling) + "\n")
		}
		got := redact(errors.New(text.String()), to)
		for _, spelling := range list {
			if strings.Contains(got, spelling) {
				t.Fatalf("the log says %q, in\n%s", spelling, got)
			}
		}
	})
}
