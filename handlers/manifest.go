package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"gatehouse/assets"
	"gatehouse/components"
)

// webManifest is what a phone shows of a site that somebody puts on their home screen (W3C Web
// Application Manifest).
type webManifest struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	StartURL   string         `json:"start_url"`
	Display    string         `json:"display"`
	Background string         `json:"background_color"`
	Theme      string         `json:"theme_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Source  string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

// manifest is the site's name, colours and icons for home screens. A page opens in the browser,
// which shows its address. Only the front page of members names it: browsers fetch it with the
// page.
func (s *Site) manifest(w http.ResponseWriter, r *http.Request) error {
	icon := func(name, sizes, purpose string) manifestIcon {
		return manifestIcon{assets.Path(name), sizes, "image/png", purpose}
	}
	text, err := json.Marshal(webManifest{
		ID: "/", Name: s.Name, StartURL: "/", Display: "browser", Background: components.DayGround, Theme: components.DayGround,
		Icons: []manifestIcon{icon("icon-192.png", "192x192", ""), icon("icon-512.png", "512x512", ""), icon("maskable.png", "512x512", "maskable")},
	})
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/manifest+json; charset=utf-8")
	header.Set("Cache-Control", "public, max-age=86400")
	header.Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method != http.MethodHead {
		w.Write(text) //nolint:errcheck // the client has gone; nothing is left to do
	}
	return nil
}
