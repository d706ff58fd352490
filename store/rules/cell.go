package rules

import "strings"

// formulaStarts are what makes a spreadsheet take a cell for a formula: also the full-width forms.
const formulaStarts = "=+-@\t\r＝＋－＠"

// GuardCell is a cell for a file that a spreadsheet may open: what it could take for a formula gets an
// apostrophe in front (OWASP, CSV Injection).
func GuardCell(cell string) string {
	if cell != "" && strings.ContainsRune(formulaStarts, []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

// UnguardCell takes the apostrophe off again that GuardCell put there.
func UnguardCell(cell string) string {
	if rest, has := strings.CutPrefix(cell, "'"); has && GuardCell(rest) == cell {
		return rest
	}
	return cell
}
