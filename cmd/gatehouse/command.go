package main

import (
	"context"
	"io"

	"github.com/alecthomas/kong"

	"gatehouse/handlers"
)

// isProducts says whether what was asked for is a command of the product.
func isProducts(parsed *kong.Context, p handlers.Product) bool {
	node := parsed.Selected()
	for node != nil && node.Parent != nil && node.Parent.Type != kong.ApplicationNode {
		node = node.Parent
	}
	for _, command := range p.Commands {
		if node != nil && node.Name == command.Name {
			return true
		}
	}
	return false
}

// runCommand runs a command of the product on the accounts of an existing database.
func (inv *invocation) runCommand(parsed *kong.Context) error {
	return withExisting(inv, func(*accounts) error {
		parsed.BindTo(inv.ctx, (*context.Context)(nil))
		parsed.BindTo(inv.term.out, (*io.Writer)(nil))
		return parsed.Run()
	})
}
