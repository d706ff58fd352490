package handlers

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"gatehouse/store"
	"gatehouse/store/identity"
)

// reachPath is where the operator asks whether the address of the site leads to this program. A token,
// which only who writes to the database has, stands behind it.
var reachPath = "/.well-known/" + identity.Program + "/doctor/"

// ReachPath is the path of a token of store.ReachToken.
func ReachPath(token string) string { return reachPath + token }

// Reach is what the program answers whoever has such a token: how their request arrived.
type Reach struct {
	// Version is that of the program.
	Version string `json:"version"`
	// Host is the name that the site was asked by.
	Host string `json:"host"`
	// Peer is who connected, such as the proxy, and Client whom the limits count for.
	Peer   string    `json:"peer"`
	Client string    `json:"client"`
	Time   time.Time `json:"time"`
}

// reach answers a token once. Its Host is not checked: that of a proxy which sends another one is what
// the operator looks for.
func (s *Site) reach(w http.ResponseWriter, r *http.Request) error {
	err := s.Store.Reached(r.Context(), chi.URLParam(r, "token"))
	if errors.Is(err, store.ErrInvalidLink) {
		// No page: it would be one under whatever name it was asked for.
		return writeText(w, http.StatusNotFound, "there is no such token\n")
	}
	if err != nil {
		return err
	}
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = "unix socket"
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(Reach{s.Version, r.Host, peer, scopeOf(r).address, s.Clock().UTC()})
}

// isReach says whether the request is one of these. Like a probe it is not asked for its host.
func isReach(r *http.Request) bool {
	return r.URL.RawPath == "" && strings.HasPrefix(r.URL.Path, reachPath)
}
