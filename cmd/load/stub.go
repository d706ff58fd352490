package main

func draw(a, b *storm) []byte { return nil }

type (
	smallCommand struct{}
	scaleCommand struct{}
	fillCommand  struct{}
)

func (smallCommand) Run() error { return nil }
func (scaleCommand) Run() error { return nil }
func (fillCommand) Run() error  { return nil }
