package mail

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// authenticate sends the password, if there is one. A server without AUTH gets none: it
// identifies clients by their address.
func (s *SMTP) authenticate(c *client) error {
	mechanisms := strings.Fields(strings.ToUpper(c.offers["AUTH"]))
	if s.username == "" || len(mechanisms) == 0 {
		return nil
	}
	// The connection is safe from eavesdroppers, and some servers offer mechanisms that they
	// cannot use. So the simple ones come first.
	var refused error
	for _, option := range []struct {
		mechanism string
		auth      smtp.Auth
	}{
		{"PLAIN", smtp.PlainAuth("", s.username, s.password, s.host, true)},
		{"LOGIN", smtp.LoginAuth(s.username, s.password, s.host, true)},
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(s.username, s.password)},
		{"SCRAM-SHA-1", smtp.ScramSHA1Auth(s.username, s.password)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(s.username, s.password)},
	} {
		if !slices.Contains(mechanisms, option.mechanism) {
			continue
		}
		if refused = c.authenticate(option.auth, &smtp.ServerInfo{Name: s.host, Auth: mechanisms}); !mechanismRefused(refused) {
			return refused
		}
	}
	if refused != nil {
		return refused
	}
	return fmt.Errorf("the server takes no password, only %s", strings.Join(mechanisms, ", "))
}

// mechanismRefused says whether a server refused the mechanism and not the password (RFC 4954,
// 6). Another mechanism may work.
func mechanismRefused(err error) bool {
	var said *reply
	if !errors.As(err, &said) {
		return false
	}
	switch said.code {
	case 500, 501, 502, 504, 534, 538:
		return true
	}
	return said.code >= 500 && strings.Contains(strings.ToLower(said.Error()), "mechanism")
}

// authenticate answers the challenges of one mechanism.
func (c *client) authenticate(auth smtp.Auth, server *smtp.ServerInfo) error {
	mechanism, response, err := auth.Start(server)
	if err != nil {
		return err
	}
	encode := base64.StdEncoding.EncodeToString
	said, err := c.ask(strings.TrimSpace("AUTH " + mechanism + " " + encode(response)))
	for err == nil && said.code == 334 {
		challenge, bad := base64.StdEncoding.DecodeString(strings.TrimSpace(said.lines[0]))
		if bad == nil {
			response, bad = auth.Next(challenge, true)
		}
		if bad != nil {
			return bad
		}
		said, err = c.ask(encode(response))
	}
	return said.want(2, err)
}
