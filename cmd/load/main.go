// Command load measures the program from outside, next to yardsticks on the same machine at the
// same time. Figures are ratios, because machines differ and the same machine varies from
// minute to minute.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/alecthomas/kong"
)

type cli struct {
	Run       runCommand       `cmd:"" help:"Measure pages, forms and sign-ins beside the yardsticks."`
	Storm     stormCommand     `cmd:"" help:"Measure pages while many people sign in, and draw it."`
	Small     smallCommand     `cmd:"" help:"Measure the start, the memory, and what a million requests leave behind."`
	Scale     scaleCommand     `cmd:"" help:"Measure with few accounts and with many, and the pruning of what expired."`
	Import    importCommand    `cmd:"" help:"Measure people coming from a file while the site runs, and leaving into one."`
	Keep      keepCommand      `cmd:"" help:"Measure a backup while the site runs, a restore, a look by doctor, and copies to PostgreSQL and back."`
	Fill      fillCommand      `cmd:"" help:"Make accounts and sign-ins in a migrated database, in bulk."`
	Yardstick yardstickCommand `cmd:"" hidden:"" help:"Serve what the program is measured by."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var c cli
	parsed := kong.Parse(&c, kong.Name("load"), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		stop()
		os.Exit(1)
	}
}
