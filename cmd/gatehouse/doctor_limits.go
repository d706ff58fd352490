package main

import (
	"context"
	"runtime"
)

// Bounds of what the system lets the program open at a time. A connection takes one.
const (
	filesLeast = 1024
	filesMany  = 4096
)

func checkLimits(_ context.Context, p *patient) finding {
	if now, ought := runtime.GOMAXPROCS(0), processors(); now > ought && !p.serving {
		return lookAt("remove GOMAXPROCS", "GOMAXPROCS is %d, and the program may use %d processors", now, ought)
	}
	files, known := openFiles()
	switch {
	case !known:
		return finding{}
	case files < filesLeast:
		return wrong("raise it to 65536 (ulimit -n, or LimitNOFILE of the unit)", "the program may open %d files and connections", files)
	case files < filesMany:
		return lookAt("raise it to 65536 (ulimit -n, or LimitNOFILE of the unit)", "the program may open %d files and connections", files)
	}
	return fine("the program may open %d files and connections", files)
}

// processors are as many as Go takes by itself, which knows the bounds of containers.
func processors() int {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	runtime.SetDefaultGOMAXPROCS()
	return runtime.GOMAXPROCS(0)
}
