package main

import (
	"os/user"
	"sync"

	"gatehouse/store"
)

// operator is the origin of actions on the command line. Whoever has no name on this machine, as in
// many containers, has none in the audit.
var operator = sync.OnceValue(func() store.Origin {
	from := store.Origin{Operator: true}
	if account, err := user.Current(); err == nil {
		from.Account = account.Username
	}
	return from
})
