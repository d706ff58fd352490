package mail

import (
	"errors"
	"net/mail"
	"net/netip"
	"strings"

	"gatehouse/store/rules"
)

// Domain is a host as it is written after the @ of an address (RFC 5321, 4.1.2): a name as it
// is, an IP address as a literal. localhost becomes its IP address, because the name means
// nothing to other machines.
func Domain(host string) string {
	host = strings.TrimSuffix(host, ".")
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return literal(address)
	}
	return host
}

// literal is how SMTP writes an IP address (RFC 5321, 4.1.3).
func literal(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return "[" + address.String() + "]"
	}
	return "[IPv6:" + address.String() + "]"
}

// ParseAddress reads the sender of mail, like Gatehouse <no-reply@example.com>, and returns it
// with the domain in its ASCII form. It refuses addresses that some mail servers refuse.
func ParseAddress(text string) (*mail.Address, error) {
	// net/mail reads IPv6 literals, but not with the prefix that SMTP requires.
	six := strings.Contains(text, "@[IPv6:")
	address, err := mail.ParseAddress(strings.Replace(text, "@[IPv6:", "@[", 1))
	if err != nil {
		return nil, err
	}
	at := strings.LastIndexByte(address.Address, '@')
	local, domain := address.Address[:at], address.Address[at+1:]
	if inner, ok := strings.CutPrefix(domain, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || ip.Is6() != six {
			return nil, errors.New("the address in brackets is none")
		}
		domain = literal(ip)
	} else if ascii, err := rules.ASCIIDomain(domain); err == nil {
		domain = ascii
	}
	address.Address = local + "@" + domain
	if strings.ContainsFunc(address.Address, func(r rune) bool { return r > '~' }) {
		return nil, errors.New("it has letters outside ASCII")
	}
	return address, nil
}

// ParseHello reads the name by which a client introduces itself to a mail server (RFC 5321,
// 4.1.1.1): a full host name or an IP address. It returns the name in its ASCII form, or the
// address in brackets.
func ParseHello(text string) (string, error) {
	domain := Domain(strings.TrimPrefix(strings.Trim(text, "[]"), "IPv6:"))
	if strings.HasPrefix(domain, "[") {
		return domain, nil
	}
	name, err := rules.ASCIIDomain(domain)
	if err != nil || !strings.Contains(name, ".") {
		return "", errors.New("must be a full host name, like mail.example.com, or an address, like [192.0.2.1]")
	}
	return name, nil
}
