package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"gatehouse/store/secret"
)

// runCommand measures the throughput of pages, forms and sign-ins with many clients.
type runCommand struct {
	Program  string        `arg:"" help:"The program, as make build leaves it."`
	Database string        `help:"A migrated database to run on, as the program takes it; an empty SQLite file by default."`
	Lasting  time.Duration `default:"4s" help:"How long each page is asked for in each round."`
	Rounds   int           `default:"5" help:"Rounds; figures are their medians."`
	Pages    bool          `help:"Pages and forms only, no passwords."`
}

// costTime is how long passwords of each cost are hashed.
const costTime = 5 * time.Second

// target is a request to measure, and its yardstick.
type target struct {
	name string
	request
	// by is the yardstick: a request that is measured in the same round.
	by request
	// least is the required ratio; 0 if the figure is only printed.
	least float64
}

// Run prints a line for each target and fails if a ratio is too low.
func (c runCommand) Run(ctx context.Context) (err error) {
	site, err := gatehouse(ctx, c.Program, c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.stop()) }()
	var missed int
	targets, done, err := pages(ctx, site)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	fmt.Printf("%-44s %9s %9s %6s %6s\n", "", "a second", "yardstick", "ratio", "least")
	for _, t := range targets {
		figures, err := t.measure(ctx, c.Lasting, c.Rounds)
		if err != nil {
			return err
		}
		if !figures.print(t.name, t.least) {
			missed++
		}
	}
	if !c.Pages {
		rates, err := passwords(ctx, site, nil)
		if err != nil {
			return err
		}
		for _, r := range rates {
			if !r.figures.print(r.name, r.least) {
				missed++
			}
		}
		fmt.Printf("%-44s %9s\n", "passwords on one core, by bcrypt cost", "a second")
		for cost := secret.BcryptCostMin; cost <= secret.BcryptCostMax; cost++ {
			fmt.Printf("%-44d %9.2f\n", cost, bcryptAlone(ctx, cost, costTime)/float64(runtime.NumCPU()))
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d of the ratios were missed", missed)
	}
	return nil
}

// pages are the targets that wrk measures, and their yardsticks.
func pages(ctx context.Context, site *server) ([]target, func() error, error) {
	bare, err := yardstick(ctx, "bare")
	if err != nil {
		return nil, nil, err
	}
	honest, err := yardstick(ctx, "honest")
	if err != nil {
		return nil, nil, errors.Join(err, bare.stop())
	}
	stop := func() error { return errors.Join(bare.stop(), honest.stop()) }
	guest := newPerson(honest)
	if _, err := guest.get(ctx, "/enter"); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	member, _, err := mustRegister(ctx, site)
	if err == nil {
		_, err = member.get(ctx, "/") // takes the greeting, which is shown once
	}
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	ask := func(method, path, body string, headers ...map[string]string) request {
		q := request{method: method, url: site.url + path, body: body, header: map[string]string{"Host": site.host}}
		for _, header := range headers {
			maps.Copy(q.header, header)
		}
		return q
	}
	refused := func(q request) request {
		q.refused = true
		return q
	}
	form := map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", "HX-Request-Type": "partial", "Sec-Fetch-Site": "same-origin",
	}
	gzip := map[string]string{"Accept-Encoding": "gzip"}
	cookie := map[string]string{"Cookie": member.cookies()}
	byBare := request{method: "GET", url: bare.url + "/"}
	byHonest := request{method: "GET", url: honest.url + "/", header: map[string]string{"Cookie": guest.cookies()}}
	const wrongForm = "username=ada&email=ada&password=x"
	return []target{
		{"sign-in page", ask("GET", "/login", ""), byBare, 0.6},
		{"sign-in page, gzip", ask("GET", "/login", "", gzip), byBare, 0},
		{"home, signed in", ask("GET", "/", "", cookie), byHonest, 0.9},
		{"home, signed in, gzip", ask("GET", "/", "", cookie, gzip), byHonest, 0},
		{"account", ask("GET", "/account", "", cookie), byHonest, 0},
		{"inline check of a username", ask("POST", "/register/check/username", "username=somebody-new", form), byBare, 0.5},
		{"inline check of a password", ask("POST", "/register/check/password", "username=ada&password=a+gate+of+oak", form), byBare, 0.5},
		{"refused registration", refused(ask("POST", "/register", wrongForm, form)), byBare, 0.5},
		{"refused registration, gzip", refused(ask("POST", "/register", wrongForm, form, gzip)), byBare, 0},
		{"refused sign-in", refused(ask("POST", "/login", "username=ada&password=", form)), byBare, 0.5},
	}, stop, nil
}

// figures are the medians of the rounds of a target and its yardstick.
type figures struct{ rate, yardstick, ratio float64 }

// measure alternates between the two, so that both run under the same conditions.
func (t target) measure(ctx context.Context, lasting time.Duration, rounds int) (figures, error) {
	var rates, yardsticks, ratios []float64
	for range rounds {
		yardstick, err := t.by.run(ctx, lasting)
		if err != nil {
			return figures{}, err
		}
		rate, err := t.run(ctx, lasting)
		if err != nil {
			return figures{}, err
		}
		rates, yardsticks, ratios = append(rates, rate), append(yardsticks, yardstick), append(ratios, rate/yardstick)
	}
	return figures{median(rates), median(yardsticks), median(ratios)}, nil
}

// print prints the figures and says whether the ratio was reached.
func (f figures) print(name string, least float64) bool {
	format := "%.0f"
	if f.yardstick < 100 {
		format = "%.2f"
	}
	line := fmt.Sprintf("%-44s %9s %9s %6.2f", name, fmt.Sprintf(format, f.rate), fmt.Sprintf(format, f.yardstick), f.ratio)
	switch {
	case least == 0:
		fmt.Println(line)
	case f.ratio >= least:
		fmt.Printf("%s %6.2f\n", line, least)
	default:
		fmt.Printf("%s %6.2f MISSED\n", line, least)
		return false
	}
	return true
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
