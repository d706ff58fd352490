package main

import (
	"context"
	"fmt"
	"strings"
)

func checkPasskeys(ctx context.Context, p *patient) finding {
	party, err := p.settings.relyingParty(p.checked)
	if err != nil {
		return finding{} // the base URL has a check of its own
	}
	other, err := p.store.OtherPasskeyDomain(ctx, party.Domain())
	switch {
	case err != nil:
		return failed(err, "passkeys")
	case other != "":
		return wrong(fmt.Sprintf("set --passkey-domain %s", other), "there are passkeys for %s, which browsers do not offer at %s", other, party.Domain())
	}
	return fine("all are for %s", party.Domain())
}

func checkEvents(ctx context.Context, p *patient) finding {
	kinds, err := p.store.Overdue(ctx)
	switch {
	case err != nil:
		return failed(err, "old rows")
	case len(kinds) > 0:
		return lookAt("serve the site, which deletes it within minutes", "there is what should have been deleted a day ago: %s", strings.Join(kinds, ", "))
	}
	return fine("what had its time is gone")
}
