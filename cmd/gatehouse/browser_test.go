package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// chromium is the one browser that all tests of this package share. It ends
// with the test process, whatever ends that, because its pipe does.
var chromium = sync.OnceValues(startChromium)

// withProfile runs a browser on a folder of its own and removes that after it.
// An interrupt is for the test process alone.
const withProfile = `trap "" INT TERM; profile=$1; shift; "$@"; rm -rf "$profile"`

func startChromium() (context.Context, error) {
	path, err := findChromium()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "gatehouse-chromium-")
	if err != nil {
		return nil, err
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(profile),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-features", "SpareRendererForSitePerProcess"), // each costs as much as one that is used
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("renderer-process-limit", "1"), // for each tab, which starts one less then
		// A view transition would swallow the clicks of its first moments.
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.Flag("host-resolver-rules", "MAP localhost 127.0.0.1"),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.Args = append([]string{"sh", "-c", withProfile, "sh", profile}, cmd.Args...)
			cmd.Path = "/bin/sh"
		}))
	browser, _ := chromedp.NewContext(allocator)
	return browser, chromedp.Do(browser)
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the browser tests need Chromium: no chromium, chromium-browser or google-chrome on the PATH")
}

// openTab opens a tab with cookies of its own for a person who has a whole
// browser.
func openTab(t *testing.T, p *program) *tab { return newTab(t, p, false) }

// openPlainTab opens a tab in which JavaScript is off.
func openPlainTab(t *testing.T, p *program) *tab { return newTab(t, p, true) }

func newTab(t *testing.T, p *program, plain bool) *tab {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	return startTab(t, p, browser, plain, chromedp.WithNewBrowserContext())
}

// besides opens another tab of the same person's browser.
func (b *tab) besides() *tab {
	b.t.Helper()
	return startTab(b.t, b.program, b.ctx, b.plain)
}

func startTab(t *testing.T, p *program, browser context.Context, plain bool, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, program: p, plain: plain, report: newReport()}
	ctx, closeTab := chromedp.NewContext(browser, append(options, chromedp.WithListener(b.report.hear))...)
	b.ctx = ctx
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	command(b, audits.Enable, cdp.Empty{})
	command(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: plain})
	b.view(wide, light)
	t.Cleanup(b.close)
	return b
}

// close says what a failed test was looking at, and fails a test whose pages
// complained.
func (b *tab) close() {
	b.t.Helper()
	if b.t.Failed() {
		b.t.Log("the page in the end:\n" + b.seen())
	}
	b.settle()
	for _, complaint := range b.report.complaints() {
		b.t.Errorf("the browser complains: %s", complaint)
	}
}
