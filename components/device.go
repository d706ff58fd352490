package components

import (
	"fmt"
	"slices"

	"github.com/mileusna/useragent"
)

// The names that device repeats. A client can send anything else in the header, and a letter or page that repeated it
// would say it in our name.
var (
	browsers = []string{
		useragent.Chrome, useragent.HeadlessChrome, useragent.Firefox, useragent.Safari, useragent.Edge, useragent.Opera,
		useragent.OperaMini, useragent.OperaTouch, useragent.Vivaldi, useragent.SamsungBrowser, useragent.InternetExplorer,
	}
	systems = []string{
		useragent.Windows, useragent.MacOS, useragent.Linux, useragent.Android, useragent.IOS, useragent.ChromeOS,
		useragent.FreeBSD, useragent.Harmony, "iPhone", "iPad",
	}
)

// device says in words what a User-Agent header names: the browser and the system. It is a hint for the owner, not
// evidence: a client can send anything.
func device(agent string) string {
	ua := useragent.Parse(agent)
	browser, on := known(browsers, ua.Name), known(systems, ua.OS)
	if named := known(systems, ua.Device); named != "" {
		on = named
	}
	switch {
	case browser == "" && on == "":
		return "Unknown device"
	case on == "":
		return browser
	case browser == "":
		return on
	}
	return fmt.Sprintf("%s on %s", browser, on)
}

// known returns the name if it is one of those, and otherwise nothing.
func known(names []string, name string) string {
	if slices.Contains(names, name) {
		return name
	}
	return ""
}
