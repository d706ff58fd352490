package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gatehouse/components"
)

// hashed is what the name of an asset takes from its content.
var hashed = regexp.MustCompile(`(/assets/[a-z]+)\.[0-9a-f]{8}\.`)

// writeSums writes the name of every state and letter with the SHA-256 of it as drawn, one a line. Whoever rearranges
// code compares the lists before and after. A new style sheet or script changes no sum.
func writeSums(w io.Writer) error {
	for _, state := range allStates() {
		var page strings.Builder
		if err := components.Layout(state.Page, state.Body).Render(context.Background(), &page); err != nil {
			return fmt.Errorf("draw %s: %w", state.Name, err)
		}
		if err := writeSum(w, "state", state.Name, page.String()); err != nil {
			return err
		}
	}
	for _, letter := range components.GalleryLetters() {
		var page strings.Builder
		if err := components.LetterHTML(letter.Letter).Render(context.Background(), &page); err != nil {
			return fmt.Errorf("draw letter %s: %w", letter.Name, err)
		}
		if err := writeSum(w, "letter", letter.Name, letter.Subject+"\n"+letter.Text()+"\n"+page.String()); err != nil {
			return err
		}
	}
	return nil
}

func writeSum(w io.Writer, kind, name, drawn string) error {
	_, err := fmt.Fprintf(w, "%x %s %s\n", sha256.Sum256([]byte(hashed.ReplaceAllString(drawn, "$1."))), kind, name)
	return err
}
