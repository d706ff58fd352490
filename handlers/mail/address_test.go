package mail

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
)

func TestTheLogNamesNobodyAndLosesNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`550 "5.1.1 <Ada.Private@example.com>: Recipient rejected", for: <ada.private@EXAMPLE.com>`:       `550 "5.1.1 <ADDRESS>: Recipient rejected", for: <ADDRESS>`,
		"550 ada.private@example.com: unknown; see (ada.private@example.com), 'ada.private@example.com'.": "550 ADDRESS: unknown; see (ADDRESS), 'ADDRESS'.",
		`550 <"ada private"@example.com>: unknown`:                                                        `550 <ADDRESS>: unknown`,
		`550 "o'ada"@example.com o'ada@example.com`:                                                       `550 ADDRESS ADDRESS`,
		"550 <ada@[192.0.2.1]>, <ada@[IPv6:2001:db8::1]>: unknown":                                        "550 <ADDRESS>, <ADDRESS>: unknown",
		"550 <зоя@пример.example>, <zoë@example.com>: unknown":                                            "550 <ADDRESS>, <ADDRESS>: unknown",
		"550 bounce+ada=example.com@lists.example.com is unknown":                                         "550 ADDRESS is unknown",
		"550 see https://spf.example/why?id=ada%40example.com&ip=192.0.2.1 please":                        "550 see https://spf.example/why?id=ADDRESS&ip=192.0.2.1 please",
		"550 see https://spf.example/why?ada+home@example.com&ip=192.0.2.1 please":                        "550 see https://spf.example/why?ADDRESS&ip=192.0.2.1 please",
		"550 {a/b}@example.org and x{a/b}@example.org, {A/B}@Example.org":                                 "550 ADDRESS and xADDRESS, ADDRESS",
		"dial tcp [2001:db8::1]:25: connect: connection refused":                                          "dial tcp [2001:db8::1]:25: connect: connection refused",
		"lookup mail.example.com on 127.0.0.53:53: no such host":                                          "lookup mail.example.com on 127.0.0.53:53: no such host",
		"504 5.5.2 <[IPv6:::1]>: Helo command rejected @ 9:41\nsecond line, 100 %":                        "504 5.5.2 <[IPv6:::1]>: Helo command rejected @ 9:41\nsecond line, 100 %",
	} {
		if got := nameless(errors.New(text), "{a/b}@example.org"); got != want {
			t.Errorf("the log says\n%s\nwant\n%s", got, want)
		}
	}
	if got := nameless(errors.New("a@b.example"), ""); got != "ADDRESS" {
		t.Errorf("the log says %s", got)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"accounts.example.com": "accounts.example.com", "accounts.example.com.": "accounts.example.com", "xn--bcher-kva.example": "xn--bcher-kva.example",
		"192.0.2.1": "[192.0.2.1]", "2001:db8::1": "[IPv6:2001:db8::1]", "::ffff:192.0.2.1": "[192.0.2.1]", "fe80::1%eth0": "[IPv6:fe80::1]",
		"localhost": "[127.0.0.1]", "intranet": "intranet",
	} {
		if got := Domain(host); got != want {
			t.Errorf("Domain(%q) = %q, want %q", host, got, want)
		}
		// Whatever the site is called, letters can come from there.
		for _, name := range []string{"Gatehouse", `"Q" & \A, <b>; (c)`, "Bücher und mehr", "=?utf-8?q?x?=", strings.Repeat("ü", 64), "a@b"} {
			text := (&mail.Address{Name: name, Address: "no-reply@" + want}).String()
			if got, err := ParseAddress(text); err != nil || got.Address != "no-reply@"+want || got.Name != name {
				t.Errorf("ParseAddress(%q) = %v, %v", text, got, err)
			}
		}
	}
}

func TestSenders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Site <no-reply@example.com>": "no-reply@example.com", "no-reply@BÜCHER.example": "no-reply@xn--bcher-kva.example",
		"no-reply@localhost": "no-reply@localhost", "no-reply@my_host.example": "no-reply@my_host.example", `"no reply"@example.com`: "no reply@example.com",
		"S <a@[192.0.2.1]>": "a@[192.0.2.1]", "S <a@[IPv6:2001:DB8::1]>": "a@[IPv6:2001:db8::1]",
		"a@[2001:db8::1]": "", "a@[IPv6:192.0.2.1]": "", "a@[example.com]": "", "nö-reply@example.com": "", "": "", "example.com": "", "@example.com": "", "a@": "",
		"a@example.com, b@example.com": "", "a@example.com\r\nBcc: b@example.com": "", "a@ex ample.com": "", "a@b\u200b.example,": "",
	} {
		got, err := ParseAddress(text)
		if (err == nil) != (want != "") || err == nil && got.Address != want {
			t.Errorf("ParseAddress(%q) = %v, %v; want %q", text, got, err, want)
		}
	}
}

func TestNamesToIntroduceOneselfBy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mail.example.com": "mail.example.com", "Mail.Example.Com.": "mail.example.com", "bücher.example": "xn--bcher-kva.example",
		"192.0.2.1": "[192.0.2.1]", "[192.0.2.1]": "[192.0.2.1]", "2001:db8::1": "[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]": "[IPv6:2001:db8::1]",
		"": "", "intranet": "", "mail example.com": "", "mail.example.com\r\nQUIT": "", "my_host.example": "", "-a.example": "", ".example.com": "", "a..b": "", "https://mail.example.com": "",
	} {
		if got, err := ParseHello(text); got != want || (err == nil) != (want != "") {
			t.Errorf("ParseHello(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}
