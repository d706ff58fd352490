package components

// DayGround and EveningGround are the ground of a page in the light and in the dark theme, for what is outside of the
// style sheet: the browser's own bars and home screens.
const (
	DayGround     = "#f6f0e4"
	EveningGround = "#171612"
)

// dayMedia says when the browser's bars have the ground of the day. The first colour that applies wins, so the other one
// stands behind it without a condition.
func dayMedia(theme string) string {
	switch theme {
	case ThemeLight:
		return "all"
	case ThemeDark:
		return "not all"
	}
	return "(prefers-color-scheme: light)"
}
