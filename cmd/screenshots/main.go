// Command screenshots operates the program in Chromium like a person, and takes the pictures of
// the READMEs.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
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
	dir, err := os.MkdirTemp("", "screenshots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	database := filepath.Join(dir, "gatehouse.db")
	site, stop, err := serve(ctx, program, database)
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
	if err := addPeople(ctx, program, database); err != nil {
		return err
	}
	for _, look := range looks {
		if err := look.administration(ctx, site, folder); err != nil {
			return fmt.Errorf("%s: %w", look.name, err)
		}
	}
	return nil
}

// people are those whom an administrator sees.
var people = [][]string{
	{"grace", "Grace Hopper", "support"},
	{"mary", "Mary Somerville", "member"},
	{"katherine", "Katherine Johnson", "member"},
	{"frances", "Frances Allen", "admin"},
}

// addPeople makes them. One of them is disabled.
func addPeople(ctx context.Context, program, database string) error {
	commands := [][]string{}
	for _, who := range people {
		commands = append(commands, []string{"add", who[0], "--email", who[0] + "@example.com", "--full-name", who[1], "--role", who[2]})
	}
	for _, args := range append(commands, []string{"disable", "mary"}) {
		command := exec.CommandContext(ctx, program, append([]string{"user", "--database", database}, args...)...)
		command.Stdin = strings.NewReader(password + "\n")
		if said, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", args, err, said)
		}
	}
	return nil
}

// serve runs the program and returns its address and a function that stops it.
func serve(ctx context.Context, program, database string) (site string, stop func() error, err error) {
	command := exec.CommandContext(ctx, program, "serve", "--listen", "127.0.0.1:0", "--trusted-proxy", "127.0.0.0/8", "--database", database)
	out, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		return errors.Join(command.Process.Signal(os.Interrupt), command.Wait())
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

// window opens a window of its own.
func (l look) window(ctx context.Context) (context.Context, context.CancelFunc, error) {
	ctx, close := chromedp.NewContext(ctx)
	// The first use of a context starts its browser and must not be limited.
	err := chromedp.Do(ctx)
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: l.theme},
				{Name: "prefers-reduced-motion", Value: "reduce"},
			},
		})
	}
	if err == nil {
		// Its name says that it has no window, which the devices and the activity would repeat.
		_, err = chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent})
	}
	if err == nil {
		err = chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height, chromedp.EmulateScale(l.scale)))
	}
	return ctx, close, err
}

// administration visits the pages of an administrator.
func (l look) administration(ctx context.Context, site, folder string) error {
	ctx, close, err := l.window(ctx)
	defer close()
	if err != nil {
		return err
	}
	return chromedp.Do(ctx,
		chromedp.Navigate(site+"/login"),
		chromedp.WaitReady("#login[data-htmx-powered]"),
		chromedp.SendKeys("#username", "frances"),
		chromedp.SendKeys("#password", password),
		chromedp.Click("#login .submit"),
		chromedp.WaitVisible(".hall"),
		chromedp.Navigate(site+"/admin/people"),
		chromedp.WaitVisible(".rows"),
		l.picture(folder, "people"),
		chromedp.Navigate(site+"/admin/people?q=grace"),
		chromedp.Click(".rows a.username"),
		chromedp.WaitVisible(".facts"),
		l.picture(folder, "person"),
	)
}

// shoot visits the pages with its own account.
func (l look) shoot(ctx context.Context, site, folder string) error {
	ctx, close, err := l.window(ctx)
	defer close()
	if err != nil {
		return err
	}
	return chromedp.Do(ctx,
		chromedp.Navigate(site+"/"),
		chromedp.WaitVisible(".hello"),
		inPalatino,
		l.picture(folder, "home"),
		chromedp.Navigate(site+"/login"),
		chromedp.WaitVisible("#login"),
		l.picture(folder, "login"),
		register(site, "Countess of Lovelace", "ada@example", "ada1815"),
		chromedp.WaitVisible("#summary"),
		l.picture(folder, "register"),
		register(site, l.username, l.username+"@example.com", password),
		chromedp.WaitVisible(".hall"),
		l.picture(folder, "hall"),
		l.elsewhere(site),
		chromedp.Navigate(site+"/account"),
		chromedp.WaitVisible(".link-rows"),
		l.picture(folder, "account"),
		chromedp.Navigate(site+"/account/signins"),
		chromedp.WaitVisible(".rows"),
		l.picture(folder, "signins"),
		chromedp.Navigate(site+"/account/activity"),
		chromedp.WaitVisible(".diary"),
		l.picture(folder, "activity"),
		chromedp.Navigate(site+"/dev/mailbox"),
		chromedp.WaitVisible("iframe"),
		chromedp.Poll[chromedp.Void](letterShown),
		l.picture(folder, "letter"),
	)
}

const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"

const password = "seven quiet owls at noon"

// letterShown is true once the first letter has arrived in its frame.
const letterShown = `performance.getEntriesByType("resource").some(e => e.initiatorType === "iframe" && e.responseEnd > 0)`

// elsewhere has the person sign in on a telephone, and somebody else guess their password.
func (l look) elsewhere(site string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for _, from := range []struct{ agent, address, password string }{
			{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "198.51.100.23", password},
			{"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "203.0.113.77", "ada1815"},
		} {
			form := url.Values{"username": {l.username}, "password": {from.password}}
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, site+"/login", strings.NewReader(form.Encode()))
			if err != nil {
				return err
			}
			for name, value := range map[string]string{
				"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "User-Agent": from.agent, "X-Forwarded-For": from.address,
			} {
				request.Header.Set(name, value)
			}
			answer, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				return err
			}
			answer.Body.Close()
		}
		return nil
	})
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

// inPalatino fails where the headings are drawn in another serif: no picture shows that.
var inPalatino = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	root, err := chromedp.Call(ctx, dom.GetDocument, dom.GetDocumentParams{})
	if err != nil {
		return err
	}
	heading, err := chromedp.Call(ctx, dom.QuerySelector, dom.QuerySelectorParams{NodeID: root.Root.NodeID, Selector: "h1"})
	if err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, dom.Enable, dom.EnableParams{}); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, css.Enable, cdp.Empty{}); err != nil {
		return err
	}
	drawn, err := chromedp.Call(ctx, css.GetPlatformFontsForNode, css.GetPlatformFontsForNodeParams{NodeID: heading.NodeID})
	if err != nil {
		return err
	}
	for _, font := range drawn.Fonts {
		if font.FamilyName != "P052" && !strings.HasPrefix(font.FamilyName, "Palatino") {
			return fmt.Errorf("headings are drawn in %s: make fonts", font.FamilyName)
		}
	}
	return nil
})

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
