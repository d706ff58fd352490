package main

import (
	"context"
	"errors"

	"gatehouse/store"
	"gatehouse/store/identity"
)

func checkSecret(ctx context.Context, p *patient) finding {
	keys, err := p.settings.keys(p.checked)
	if err != nil {
		return wrong("put back the one that the site had", "%v", err)
	}
	err = p.store.CheckSecret(ctx)
	switch {
	case errors.Is(err, store.ErrOtherSecret) && keys == nil:
		return wrong("put it back, or run "+identity.Program+" factor drop-unreadable", "the secret is missing that authenticator apps were sealed with")
	case errors.Is(err, store.ErrOtherSecret):
		return wrong("set the one that the site had, or run "+identity.Program+" factor drop-unreadable", "authenticator apps were sealed with another secret")
	case err != nil:
		return failed(err, "the secret")
	case keys == nil:
		return lookAt("set --secret, the same for all copies", "there is no secret, so nobody can have a second step or a passkey")
	}
	return fine("it opens what was sealed")
}
