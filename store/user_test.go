package store

import (
	"testing"
	"time"
)

// Older versions stored names that cannot be seen.
func TestABlankNameIsNeverShown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "\u200b", "\ufeff \u2060", "\u0301", "\u00a0\u3000", "\t", "\U000e0041"} {
		user := User{Username: "ada", Name: name, Email: "ada@example.com", VerifiedAt: time.Now()}
		if got := user.DisplayName(); got != "ada" {
			t.Errorf("whose name is %+q is called %+q", name, got)
		}
		if got := letterFor(user.Email, user, Origin{}).Name; got != "" {
			t.Errorf("a letter to %+q says %+q", name, got)
		}
	}
}
