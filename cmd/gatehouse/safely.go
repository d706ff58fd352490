package main

import (
	"fmt"
	"runtime/debug"
)

// safely does something, and returns a panic as an error with its stack: what nobody waits
// for must not end the program for everybody.
func safely(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return do()
}
