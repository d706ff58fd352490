package handlers

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"time"

	"gatehouse/store"
)

// deviceToken is the shape of what crypto/rand.Text makes: 130 bits in base32.
var deviceToken = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// device is the token of the device cookie, or empty.
func (s *Site) device(r *http.Request) string {
	cookie, err := r.Cookie(s.cookieName("device"))
	if err != nil || !deviceToken.MatchString(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// newDevice returns the token of the device cookie, a new one where there is
// none. It outlives sign-outs and opens nothing: it only tells apart who has
// signed in here before, so that guesses from elsewhere cannot lock them out.
func (s *Site) newDevice(r *http.Request) string {
	if token := s.device(r); token != "" {
		return token
	}
	return rand.Text()
}

func (s *Site) keepDevice(w http.ResponseWriter, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName("device"), Value: token, Path: "/", MaxAge: int(store.DeviceKept / time.Second),
		HttpOnly: true, Secure: s.https(), SameSite: http.SameSiteLaxMode,
	})
}

// origin is where a request comes from, for the record.
func (s *Site) origin(r *http.Request) store.Origin {
	v := visitOf(r)
	return store.Origin{Address: v.address, Agent: r.UserAgent(), Request: v.id, Device: s.device(r)}
}
