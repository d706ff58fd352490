package components

import (
	"context"
	"net/url"

	"gatehouse/store"
)

// kindWords say an event whatever its detail, by its name. words are those of the product.
func kindWords(name string, words map[string]string) string {
	switch name {
	case store.EventUpdated:
		return "Name or username changed"
	case store.EventSignInEnded:
		return "Device signed out"
	}
	return eventSentence(store.Event{Name: name}, words)
}

// kindPath is the address of what happened of one kind, or empty for who may not see it.
func (a AdminRoot) kindPath(ctx context.Context, name string) string {
	if !May(ctx, store.SeeActivity) {
		return ""
	}
	return a.Activity() + "?" + url.Values{"kind": {name}}.Encode()
}
