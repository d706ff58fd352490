package mail

import (
	"net/mail"
	"strings"
	"testing"
)

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
