package main

import "gatehouse/store"

// safely runs a step of background work, and returns a panic as an error with its stack.
func safely(do func() error) (err error) { return store.Safely(do) }
