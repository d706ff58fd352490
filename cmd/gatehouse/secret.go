package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"gatehouse/store"
	"gatehouse/store/identity"
	"gatehouse/store/postgres"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// secretFile is where the secret of a site lies that has none in its settings. It is empty on
// PostgreSQL, where each copy would make one of its own, but for a developer's machine.
func (s *settings) secretFile(c checked) string {
	switch {
	case !postgres.IsURL(c.database):
		return c.database + identity.SecretEnding
	case s.usesMailbox(c.base):
		return identity.Secret
	}
	return ""
}

// keys are derived from the site's secret; nil if there is none.
func (s *settings) keys(c checked) (*secret.Keys, error) {
	key, err := s.secret(c)
	if err != nil || key == nil {
		return nil, err
	}
	return secret.NewKeys(key)
}

func (s *settings) secret(c checked) ([]byte, error) {
	if s.Secret != "" {
		return readSecret(s.Secret)
	}
	path := s.secretFile(c)
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	key, err := readSecret(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// makeSecret writes a new secret that only its owner can read. Only serving does so: a command
// that another user runs must not leave a file that the server cannot read. If several programs
// do so at once, all get the secret that was written first.
func makeSecret(path string) ([]byte, error) {
	draft := path + "." + rand.Text()
	text := base64.StdEncoding.EncodeToString(secret.New()) + "\n"
	if err := os.WriteFile(draft, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	defer os.Remove(draft)
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	made, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	return readSecret(string(made))
}

func readSecret(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != secret.Length {
		return nil, fmt.Errorf("--secret must be %d bytes in base64, as openssl rand -base64 %d makes them", secret.Length, secret.Length)
	}
	return key, nil
}

// checkSecret refuses to do without a secret what was asked for and needs one.
func (s *settings) checkSecret(c checked) error {
	if s.Secret != "" || s.secretFile(c) != "" {
		return nil
	}
	for _, asked := range []struct {
		what string
		is   bool
	}{
		{"--second-step staff", s.SecondStep == secondStepStaff},
		{"--second-step required", s.SecondStep == secondStepRequired},
		{"--passkey-domain", c.passkeyDomain != ""},
	} {
		if asked.is {
			return usageError{fmt.Errorf("%s needs --secret, which all copies share; make it with: openssl rand -base64 32", asked.what)}
		}
	}
	return nil
}

// prepareSecret makes the secret of a site that has none yet, before it is served. It refuses
// where people have a second step or a passkey and the secret is missing, or is another one than
// their apps were sealed with.
func (a *accounts) prepareSecret(inv *invocation, c checked, log *slog.Logger) error {
	file := inv.settings.secretFile(c)
	if !a.store.SecondSteps() && file == "" {
		some, err := a.store.AnySecondStep(inv.ctx)
		if some {
			return fmt.Errorf("people here have a second step or a passkey, which need --secret: set the one that this site had; if it is lost, set a new one and run %s factor drop-unreadable", identity.Program)
		}
		return err
	}
	err := a.store.CheckSecret(inv.ctx)
	switch {
	case errors.Is(err, store.ErrOtherSecret) && a.store.SecondSteps():
		return rules.Refuse("", "The authenticator apps in this database were sealed with another --secret. Set that one, or run %s factor drop-unreadable; their owners then sign in with a recovery code.", identity.Program)
	case errors.Is(err, store.ErrOtherSecret):
		return fmt.Errorf("%s is missing, and the authenticator apps in this database were sealed with it: put it back; if it is lost, run %s factor drop-unreadable, and their owners sign in with a recovery code", file, identity.Program)
	case err != nil || a.store.SecondSteps():
		return err
	}
	key, err := makeSecret(file)
	if err != nil {
		return err
	}
	keys, err := secret.NewKeys(key)
	if err != nil {
		return err
	}
	return a.openStore(inv, c, log, keys)
}
