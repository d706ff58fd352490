package store

import (
	"fmt"
	"strings"
	"testing"
)

// Limits that stand in statements are those of the code.
func TestLimitsInStatementsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	for show, text := range newestFirst {
		if want := fmt.Sprintf(" LIMIT %d", PeoplePerPage+1); !strings.HasSuffix(text, want) {
			t.Errorf("%q: %s, want%s", show, text, want)
		}
	}
	for _, kind := range searches {
		if want := fmt.Sprintf(" LIMIT %d", searchedPerKind); !strings.HasSuffix(kind.text, want) {
			t.Errorf("%s: %s, want%s", kind.by, kind.text, want)
		}
	}
	for limit, texts := range map[int][]string{
		ListedPerPage + 1: {selectHappened, selectHappenedTo, selectHappenedFrom, selectHappenedAs, selectAudit, selectAuditBy, selectAuditTo, selectAuditFrom, selectAuditAs},
		LookedThrough + 1: {selectHappenedToThrough, selectHappenedFromThrough, selectAuditByThrough, selectAuditToThrough, selectAuditFromThrough},
	} {
		for _, text := range texts {
			if want := fmt.Sprintf(" LIMIT %d", limit); !strings.HasSuffix(text, want) {
				t.Errorf("%s, want%s", text, want)
			}
		}
	}
	if searchedPerKind < PeoplePerPage+2 {
		t.Error("a page of a list has more than a search finds")
	}
}
