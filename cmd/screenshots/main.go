// Command screenshots operates the program in Chromium like a person, and takes the pictures of
// the README.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// timeout is how long all pictures together may take.
const timeout = 2 * time.Minute

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: screenshots PROGRAM FOLDER")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := shoot(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// shoot starts the program on an empty database and takes every picture.
func shoot(ctx context.Context, program, folder string) (err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	site, stop, err := serve(ctx, program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true))
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			options = append(options, chromedp.ExecPath(path))
			break
		}
	}
	ctx, close := chromedp.NewExecAllocator(ctx, options...)
	defer close()
	for _, look := range looks {
		if err := look.shoot(ctx, site, folder); err != nil {
			return fmt.Errorf("%s: %w", look.name, err)
		}
	}
	return nil
}

// serve runs the program and returns its address and a function that stops it.
func serve(ctx context.Context, program string) (site string, stop func() error, err error) {
	dir, err := os.MkdirTemp("", "screenshots-")
	if err != nil {
		return "", nil, err
	}
	command := exec.CommandContext(ctx, program, "serve", "--listen", "127.0.0.1:0", "--database", filepath.Join(dir, "gatehouse.db"))
	out, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		return errors.Join(command.Process.Signal(os.Interrupt), command.Wait(), os.RemoveAll(dir))
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("the program did not start: %w", err), stop())
	}
	_, port, _ := strings.Cut(strings.TrimSpace(line), "127.0.0.1:")
	return "http://localhost:" + port, stop, nil
}

// look is a window, a theme and a username: all looks share one site.
type look struct {
	name, theme   string
	username      string
	width, height int64
	scale         float64
}

var looks = []look{
	{"wide-light", "light", "ada", 1280, 860, 1},
	{"wide-dark", "dark", "countess", 1280, 860, 1},
	{"phone-light", "light", "lovelace", 390, 844, 1.5},
	{"phone-dark", "dark", "enchantress", 390, 844, 1.5},
}

// shoot visits the pages with its own account.
func (l look) shoot(ctx context.Context, site, folder string) error {
	ctx, close := chromedp.NewContext(ctx)
	defer close()
	// The first use of a context starts its browser and must not be limited.
	if err := chromedp.Do(ctx); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: l.theme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	if err != nil {
		return err
	}
	return chromedp.Do(ctx,
		chromedp.EmulateViewport(l.width, l.height, chromedp.EmulateScale(l.scale)),
		chromedp.Navigate(site+"/"),
		chromedp.WaitVisible(".hello"),
		l.picture(folder, "home"),
		register(site, "Countess of Lovelace", "ada@example", "ada1815"),
		chromedp.WaitVisible("#summary"),
		l.picture(folder, "register"),
		register(site, l.username, l.username+"@example.com", "seven quiet owls at noon"),
		chromedp.WaitVisible(".hall"),
		chromedp.Navigate(site+"/account"),
		chromedp.WaitVisible(".link-rows"),
		l.picture(folder, "account"),
	)
}

// register fills in the registration and sends it.
func register(site, username, email, password string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.Navigate(site+"/register"),
		chromedp.WaitReady("#register[data-htmx-powered]"),
		chromedp.SendKeys("#name", "Ada Lovelace"),
		chromedp.SendKeys("#username", username),
		chromedp.SendKeys("#email", email),
		chromedp.SendKeys("#password", password),
		chromedp.Click("#register .submit"),
	)
}

// picture saves what the window shows.
func (l look) picture(folder, page string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		image, err := chromedp.CaptureScreenshot()(ctx, t)
		if err != nil {
			return err
		}
		path := filepath.Join(folder, page+"-"+l.name+".png")
		fmt.Println(path)
		return os.WriteFile(path, image, 0o644)
	})
}
