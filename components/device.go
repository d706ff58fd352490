package components

import "github.com/mileusna/useragent"

// device says in words what a User-Agent header names: the browser and the
// system. It is a hint for the owner, not evidence: a client can send anything.
func device(agent string) string {
	ua := useragent.Parse(agent)
	on := ua.OS
	if ua.Device != "" {
		on = ua.Device
	}
	switch {
	case ua.Name == "" && on == "":
		return "Unknown device"
	case on == "":
		return ua.Name
	case ua.Name == "":
		return on
	}
	return ua.Name + " on " + on
}
