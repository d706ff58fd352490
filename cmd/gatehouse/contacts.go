package main

import (
	"fmt"
	"net/url"
	"strings"

	"gatehouse/components"
	"gatehouse/store/rules"
)

// contacts returns the links of whoever runs the site, or an error for the first that is none.
func (s *settings) contacts() (c components.Contacts, err error) {
	if c.Terms, err = pageAddress("terms", s.Terms); err != nil {
		return c, err
	}
	if c.Privacy, err = pageAddress("privacy", s.Privacy); err != nil {
		return c, err
	}
	if strings.Contains(s.Support, "@") && !strings.Contains(s.Support, "/") {
		email := strings.TrimPrefix(s.Support, "mailto:")
		if _, err := rules.CanonicalEmail(email); err != nil {
			return c, fmt.Errorf("--support must be an email address or the address of a page, not %q", s.Support)
		}
		c.Support = "mailto:" + email
		return c, nil
	}
	c.Support, err = pageAddress("support", s.Support)
	return c, err
}

// pageAddress is the address of a page: on the web, or a path on this site. The browser must
// not read it as anything else.
func pageAddress(name, value string) (string, error) {
	u, err := url.Parse(value)
	onSite := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "//") && !strings.Contains(value, `\`)
	onWeb := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
	if value != "" && !onSite && !onWeb {
		return "", fmt.Errorf("--%s must be the address of a page, like https://example.com/%s or /%s, not %q", name, name, name, value)
	}
	return value, nil
}
