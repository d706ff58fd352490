package rules

import "time"

// Day is when a day begins in a zone. The text is the date as HTML forms send it, such as 2026-11-23.
// Anything else is refused for the input of that form name.
func Day(field, text string, zone *time.Location) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil || len(text) != len(time.DateOnly) {
		return time.Time{}, Refuse(field, "Choose a day.")
	}
	return day, nil
}
