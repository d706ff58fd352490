package handlers

import (
	"net/http"
	"net/url"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

// bodyMax is the largest request body, in bytes.
const bodyMax = 64 << 10

// door is the middleware that every request passes, outermost first: client address, request id
// and access log, panic recovery, security headers, allowed hosts, body limit, cross-origin
// protection.
func (s *Site) door(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(s.serve(func(_ http.ResponseWriter, r *http.Request) error {
		s.event(r, store.EventCrossSite)
		return components.CrossSite
	}))
	next = crossOrigin.Handler(next)
	next = limitBody(next)
	next = s.allowHosts(next)
	next = s.secure(next)
	next = s.recoverPanic(next)
	return s.identify(next)
}

// limitBody is http.MaxBytesHandler without its copy of every request.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		}
		next.ServeHTTP(w, r)
	})
}

// secure sets the headers that every response carries.
func (s *Site) secure(next http.Handler) http.Handler {
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; " +
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"
	headers := map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		// Not no-referrer: browsers would send "Origin: null" with form posts. The cross-origin
		// protection falls back on Origin.
		"Referrer-Policy": "same-origin",
		// Passkeys are for this site alone unless somebody says otherwise (WebAuthn, 5.10).
		"Permissions-Policy": "camera=(), microphone=(), geolocation=()",
	}
	if s.https() {
		policy += "; upgrade-insecure-requests"
		headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	headers["Content-Security-Policy"] = policy
	values := make(map[string][]string, len(headers))
	for name, value := range headers {
		values[http.CanonicalHeaderKey(name)] = []string{value}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for name, value := range values {
			header[name] = value
		}
		next.ServeHTTP(w, r)
	})
}

// allowHosts answers only requests for the host of the base URL. The cross-origin protection
// compares Origin with Host, so Host must be a known one. Probes connect by IP address and are
// exempt.
func (s *Site) allowHosts(next http.Handler) http.Handler {
	scheme := s.BaseURL.Scheme
	allowed := map[string]bool{canonicalHost(scheme, s.BaseURL.Host): true}
	if rules.IsLoopback(s.BaseURL.Hostname()) {
		for _, name := range []string{"localhost", "127.0.0.1", "[::1]"} {
			if port := s.BaseURL.Port(); port != "" {
				name += ":" + port
			}
			allowed[canonicalHost(scheme, name)] = true
		}
	}
	refused := s.serve(func(http.ResponseWriter, *http.Request) error { return components.WrongHost })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed[r.Host] {
			r.Host = canonicalHost(scheme, r.Host)
		}
		if !isProbe(r) && !isReach(r) && !allowed[r.Host] {
			refused(w, r)
			return
		}
		// The cross-origin protection compares exact spellings, and a proxy may have changed
		// that of Host.
		if origin := r.Header.Get("Origin"); origin != "" {
			if o, err := url.Parse(origin); err == nil && o.Scheme == scheme && canonicalHost(scheme, o.Host) == r.Host {
				r.Host = o.Host
			}
		}
		next.ServeHTTP(w, r)
	})
}

// isProbe says whether the request is a health check. The router matches the path as it was
// sent, so an escaped path is not a probe.
func isProbe(r *http.Request) bool {
	return r.URL.RawPath == "" && (r.URL.Path == "/healthz" || r.URL.Path == "/readyz")
}

// https says whether people reach the site over TLS.
func (s *Site) https() bool { return s.BaseURL.Scheme == "https" }
