package handlers

import (
	"encoding/base64"
	"net/http"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// Cookies that save people from typing who they are again. Both are HttpOnly and grant nothing.
const (
	// typedCookie holds what was typed as the username on one of the entry pages, for the next.
	typedCookie = "typed"
	typedLasts  = 10 * time.Minute
	// usernameCookie holds the username of somebody who asked to stay signed in on this device.
	usernameCookie = "username"
)

// encodeUsername is a username or email address as a cookie can hold it.
func encodeUsername(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// decodeUsername returns what encodeUsername was given, or empty for anything else.
func decodeUsername(value string) string {
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || !mayBeUsername(string(text)) {
		return ""
	}
	return string(text)
}

// mayBeUsername says whether text may be a username or an email address.
func mayBeUsername(text string) bool {
	_, err := rules.CanonicalEmail(text)
	return len(text) <= rules.EmailMax && (err == nil || rules.ValidUsername(rules.CanonicalUsername(text)))
}

func isUsername(value string) bool { return decodeUsername(value) != "" }

// carryUsername has the next entry page know what was typed on this one.
func (s *Site) carryUsername(w http.ResponseWriter, typed string) {
	if mayBeUsername(typed) {
		s.setCookie(w, typedCookie, encodeUsername(typed), typedLasts)
	}
}

// rememberUsername has the sign-in page greet this person later, if they asked to stay signed
// in. If they did not, it knows nobody any more.
func (s *Site) rememberUsername(w http.ResponseWriter, r *http.Request, user store.User, remembered bool) {
	if s.cookie(r, typedCookie, isUsername) != "" {
		s.dropCookie(w, r, typedCookie, isUsername)
	}
	if remembered {
		s.setCookie(w, usernameCookie, encodeUsername(user.Username), store.DeviceLifetime)
		return
	}
	s.forgetUsername(w, r)
}

func (s *Site) forgetUsername(w http.ResponseWriter, r *http.Request) {
	if s.cookie(r, usernameCookie, isUsername) != "" {
		s.dropCookie(w, r, usernameCookie, isUsername)
	}
}

// knownUsername is who is probably at this browser, or empty. greet says that they asked to be
// remembered here.
func (s *Site) knownUsername(r *http.Request) (username string, greet bool) {
	if typed := s.cookie(r, typedCookie, isUsername); typed != "" {
		return decodeUsername(typed), false
	}
	username = decodeUsername(s.cookie(r, usernameCookie, isUsername))
	return username, username != ""
}
