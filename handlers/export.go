package handlers

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newExport(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, s.page(r, "Your data"), components.Export())
}

// export sends everything that is stored about the person as one JSON file. HEAD reads no data,
// so it records no event.
func (s *Site) export(w http.ResponseWriter, r *http.Request) error {
	user := *scopeOf(r).user
	var text []byte
	if r.Method == get {
		data, err := s.Store.Export(r.Context(), user)
		if err != nil {
			return err
		}
		if text, err = exportText(s.Name, data); err != nil {
			return fmt.Errorf("write an export: %w", err)
		}
	}
	if err := s.save(w, r); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A username is ASCII letters, digits, - and _: nothing to escape.
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="account-%s.json"`, user.Username))
	if r.Method != get {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	s.event(r, store.EventExported)
	writePage(w, r, http.StatusOK, append(text, '\n'))
	return nil
}

type exportedAccount struct {
	Site    string `json:"site"`
	Account struct {
		Username  string     `json:"username"`
		Email     string     `json:"email"`
		Name      string     `json:"name"`
		CreatedAt time.Time  `json:"created_at"`
		RenamedAt *time.Time `json:"username_changed_at"`
		Confirmed *time.Time `json:"email_confirmed_at"`
		Zone      string     `json:"time_zone"`
		Password  *time.Time `json:"password_changed_at"`
		// PasskeyUser is the user handle of WebAuthn, in base64url as it is everywhere.
		PasskeyUser string `json:"passkey_user_handle,omitempty"`
		// Role is left out for a member.
		Role string `json:"role,omitempty"`
	} `json:"account"`
	SignIns           []exportedSignIn   `json:"sign_ins"`
	Devices           []exportedDevice   `json:"known_devices"`
	Events            []exportedEvent    `json:"activity"`
	ReservedUsernames []exportedUsername `json:"reserved_usernames"`
	Links             []exportedLink     `json:"links_in_letters"`
	Letters           []exportedLetter   `json:"letters"`
	Unwanted          []exportedUnwanted `json:"unwanted_letters,omitempty"`
	// SecondStep is left out for somebody who has none.
	SecondStep *exportedSecondStep `json:"second_step,omitempty"`
	Passkeys   []exportedPasskey   `json:"passkeys"`
	// Deeds are what the people who run the site did to the account.
	Deeds []exportedDeed `json:"done_by_the_site,omitempty"`
}

// exportedLetter is what is kept of a letter.
type exportedLetter struct {
	Kind    string     `json:"kind"`
	Written time.Time  `json:"written_at"`
	Outcome string     `json:"outcome"`
	Ended   *time.Time `json:"ended_at"`
}

type exportedUnwanted struct {
	Kind      string    `json:"kind"`
	CreatedAt time.Time `json:"turned_off_at"`
}

type exportedSignIn struct {
	Kind          string    `json:"kind"`
	SignedIn      time.Time `json:"signed_in_at"`
	Authenticated time.Time `json:"proved_at"`
	Seen          time.Time `json:"seen_at"`
	Ends          time.Time `json:"ends_at"`
	Idle          time.Time `json:"ends_without_visit_at"`
	Remembered    bool      `json:"kept"`
	Address       string    `json:"address"`
	Agent         string    `json:"user_agent"`
	Passkey       string    `json:"passkey,omitempty"`
}

// exportedPasskey is a passkey. Its public key is left out: it tells nobody anything.
type exportedPasskey struct {
	ID         string     `json:"id"`
	Handle     string     `json:"passkey"`
	Name       string     `json:"name"`
	Domain     string     `json:"domain"`
	Model      string     `json:"model"`
	Transports []string   `json:"transports"`
	CanSync    bool       `json:"can_be_synced"`
	Synced     bool       `json:"synced"`
	Count      int64      `json:"sign_count"`
	CreatedAt  time.Time  `json:"added_at"`
	UsedAt     *time.Time `json:"last_used_at"`
}

type exportedDeed struct {
	What   string    `json:"what"`
	Detail string    `json:"detail,omitempty"`
	At     time.Time `json:"at"`
}

type exportedDevice struct {
	CreatedAt time.Time  `json:"first_sign_in_at"`
	SeenAt    time.Time  `json:"last_sign_in_at"`
	Trusted   *time.Time `json:"trusted_until,omitempty"`
}

type exportedSecondStep struct {
	Since *time.Time     `json:"since"`
	App   *time.Time     `json:"authenticator_app_set_up_at"`
	Codes []exportedCode `json:"recovery_codes"`
}

type exportedCode struct {
	CreatedAt time.Time  `json:"made_at"`
	UsedAt    *time.Time `json:"used_at"`
}

type exportedEvent struct {
	At       time.Time `json:"at"`
	Name     string    `json:"event"`
	Detail   string    `json:"detail,omitempty"`
	Operator bool      `json:"by_operator"`
	Address  string    `json:"address"`
	Agent    string    `json:"user_agent"`
	Request  string    `json:"request"`
}

type exportedUsername struct {
	Username string    `json:"username"`
	Until    time.Time `json:"until"`
}

type exportedLink struct {
	Purpose   string     `json:"purpose"`
	Email     string     `json:"email"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at"`
}

// exportOf maps an export to the names used in the file. These never change, whatever the code
// calls the fields.
func exportOf(site string, data store.Export) exportedAccount {
	file := exportedAccount{
		Site: site, SignIns: []exportedSignIn{}, Devices: []exportedDevice{},
		Events: []exportedEvent{}, ReservedUsernames: []exportedUsername{},
		Links: []exportedLink{}, Letters: []exportedLetter{}, Passkeys: []exportedPasskey{},
	}
	a := &file.Account
	a.Username, a.Email, a.Name, a.CreatedAt = data.User.Username, data.User.Email, data.User.Name, data.User.CreatedAt
	a.RenamedAt, a.Confirmed = timeOrNil(data.User.RenamedAt), timeOrNil(data.User.VerifiedAt)
	a.Zone, a.Password = data.User.Zone, timeOrNil(data.User.PasswordAt)
	a.Role = data.User.Role
	a.PasskeyUser = base64.RawURLEncoding.EncodeToString(data.Passkeys.User)
	for _, n := range data.SignIns {
		file.SignIns = append(file.SignIns, exportedSignIn{
			n.Kind, n.CreatedAt, n.AuthenticatedAt, n.SeenAt, n.EndsAt, n.IdleAt, n.Remembered, n.Address, n.Agent, n.Passkey,
		})
	}
	for _, d := range data.Devices {
		file.Devices = append(file.Devices, exportedDevice{d.CreatedAt, d.SeenAt, timeOrNil(d.TrustedUntil)})
	}
	for _, e := range data.Events {
		if e.By != 0 { // where an administrator sat is not the person's
			e.Address, e.Agent, e.Request = "", "", ""
		}
		file.Events = append(file.Events, exportedEvent{e.At, e.Name, e.Detail, e.Operator, e.Address, e.Agent, e.Request})
	}
	for _, u := range data.Reserved {
		file.ReservedUsernames = append(file.ReservedUsernames, exportedUsername(u))
	}
	for _, l := range data.Links {
		file.Links = append(file.Links, exportedLink{l.Purpose, l.Email, l.CreatedAt, l.ExpiresAt, timeOrNil(l.UsedAt)})
	}
	for _, l := range data.Letters {
		file.Letters = append(file.Letters, exportedLetter{l.Kind, l.Written, l.Outcome, timeOrNil(l.EndedAt)})
	}
	if data.User.SecondStep() {
		second := exportedSecondStep{timeOrNil(data.User.SecondAt), timeOrNil(data.Factors.AppAt), []exportedCode{}}
		for _, c := range data.Factors.Codes {
			second.Codes = append(second.Codes, exportedCode{c.CreatedAt, timeOrNil(c.UsedAt)})
		}
		file.SecondStep = &second
	}
	for _, p := range data.Passkeys.Keys {
		file.Passkeys = append(file.Passkeys, exportedPasskey{
			base64.RawURLEncoding.EncodeToString(p.ID), p.Handle, p.Name, p.Domain, p.Model, append([]string{}, p.Transports...),
			p.BackupEligible, p.BackedUp, p.SignCount, p.CreatedAt, timeOrNil(p.UsedAt),
		})
	}
	for _, d := range data.Deeds {
		file.Deeds = append(file.Deeds, exportedDeed{d.Name, d.Detail, d.At})
	}
	for _, u := range data.Unwanted {
		file.Unwanted = append(file.Unwanted, exportedUnwanted(u))
	}
	return file
}

// exportText is the file: what the site holds and, after it, what the product holds.
func exportText(site string, data store.Export) ([]byte, error) {
	text, err := json.MarshalIndent(exportOf(site, data), "", "  ")
	if err != nil || len(data.Product) == 0 {
		return text, err
	}
	more, err := json.MarshalIndent(data.Product, "", "  ")
	if err != nil {
		return nil, err
	}
	// Two objects become one. The store has made sure that no name is in both.
	return slices.Concat(bytes.TrimSuffix(text, []byte("\n}")), []byte(","), bytes.TrimPrefix(more, []byte("{"))), nil
}

// timeOrNil is nil for the zero time.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
