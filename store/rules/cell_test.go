package rules

import "testing"

// EXP-01: what a spreadsheet could take for a formula is text, and nothing else is changed.
func TestEXP01CellsAreText(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1", "=", "-"} {
		if got := GuardCell(cell); got != "'"+cell {
			t.Errorf("%q became %q", cell, got)
		}
		if got := UnguardCell(GuardCell(cell)); got != cell {
			t.Errorf("%q came back as %q", cell, got)
		}
	}
	for _, cell := range []string{"", "a", "1", "a=1", "'=1", "'", " =1", "é", "\xff=1", `"=1"`} {
		if got := GuardCell(cell); got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
}
