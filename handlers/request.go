package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
)

const formType = "application/x-www-form-urlencoded"

// readForm reads the body of a POST into r.PostForm. It accepts only URL-encoded forms in UTF-8
// with each name once, so that no two parsers can disagree. The query is never read for form
// values.
func readForm(r *http.Request) error {
	if r.Header.Get("Content-Encoding") != "" {
		return components.WrongType
	}
	if contentType := r.Header.Get("Content-Type"); contentType != formType && (contentType != "" || r.ContentLength != 0) {
		kind, params, err := mime.ParseMediaType(contentType)
		charset := strings.ToLower(params["charset"])
		if err != nil || kind != formType || charset != "" && charset != "utf-8" {
			return components.WrongType
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return components.TooLarge
		}
		return components.Unreadable
	}
	if r.PostForm, err = url.ParseQuery(string(body)); err != nil {
		return components.Unreadable
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return components.Unreadable
		}
		if !utf8.ValidString(name) || !utf8.ValidString(values[0]) {
			return components.NotUTF8
		}
	}
	return nil
}

// nextMax is the longest return address, in bytes.
const nextMax = 512

// nextShape is a path on this site with an optional query. A second slash or a
// backslash would name another host.
var nextShape = regexp.MustCompile(`^/([A-Za-z0-9._~!$&'*+,;=:@%?-][A-Za-z0-9._~!$&'*+,;=:@%/?-]*)?$`)

// dataPage is the page with the download.
const dataPage = "/account/data"

// next returns where to go after signing in: the target if it is a page of this site for
// signed-in people, otherwise the front page. Callers check every stored path again with it.
func (s *Site) next(target string) string {
	if path, _, _ := strings.Cut(target, "?"); path == "/account/export" {
		return dataPage // a download shows nothing to come back to
	}
	return s.local(target, Guard.leadsBack)
}

// back returns the target if it is a page of this site, otherwise the front page.
func (s *Site) back(target string) string {
	return s.local(target, func(g Guard) bool { return g.leadsBack() || g.who == forVisitors })
}

func (s *Site) local(target string, allowed func(Guard) bool) string {
	const fallback = "/"
	if len(target) > nextMax || !nextShape.MatchString(target) {
		return fallback
	}
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.RawPath != "" {
		return fallback
	}
	page := s.mux.Find(chi.NewRouteContext(), http.MethodGet, u.Path)
	// Links with tokens are opened only from letters.
	if !allowed(s.pages[page].guard) || strings.Contains(page, "{token}") {
		return fallback
	}
	return target
}
