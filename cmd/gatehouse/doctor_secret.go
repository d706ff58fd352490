package main

import (
	"context"
	"errors"
	"fmt"

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
		return wrong(fmt.Sprintf("put it back, or run %s factor drop-unreadable", identity.Program), "the secret is missing that authenticator apps were sealed with")
	case errors.Is(err, store.ErrOtherSecret):
		return wrong(fmt.Sprintf("set the one that the site had, or run %s factor drop-unreadable", identity.Program), "authenticator apps were sealed with another secret")
	case err != nil:
		return failed(err, "the secret")
	case keys == nil:
		return lookAt("set --secret, the same for all copies", "there is no secret, so nobody can have a second step or a passkey")
	}
	return fine("it opens what was sealed")
}
