package main

import (
	"bytes"
	"encoding/base32"
	"image"
	"image/png"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"gatehouse/store/secret"
)

// scan reads the QR code on the page as a camera does, from a picture of it, and returns the
// key that it holds.
func (b *tab) scan() []byte {
	b.t.Helper()
	const code = "svg[role=img]"
	b.script(`document.querySelector("` + code + `").scrollIntoView({block: "center"})`)
	var read *gozxing.Result
	turn, beyond := 0, true
	b.waitFor("a QR code in sight", func() bool { // a picture may be taken before it is drawn
		// There are codes that this reader cannot correct in a picture of one size, or with what stands
		// around them; and in a picture of the code alone it must not look for it.
		scale, edge, hint := float64(turn/2%4+1), 16.0, gozxing.DecodeHintType_TRY_HARDER
		if turn++; turn%2 == 0 {
			edge, hint = 0, gozxing.DecodeHintType_PURE_BARCODE
		}
		at := b.box(code)
		shot := command(b, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: &beyond,
			Clip: &page.Viewport{X: at.Left - edge, Y: at.Top - edge, Width: at.Right - at.Left + 2*edge, Height: at.Bottom - at.Top + 2*edge, Scale: scale},
		})
		img, err := png.Decode(bytes.NewReader(shot.Data))
		if err != nil {
			b.t.Fatal(err)
		}
		read, err = readCode(img, map[gozxing.DecodeHintType]any{hint: true})
		return err == nil
	})
	b.is(`document.querySelector("main a[href^='otpauth:']").href`, read.GetText())
	address, err := url.Parse(read.GetText())
	if err != nil {
		b.t.Fatal(err)
	}
	key, err := base32.StdEncoding.DecodeString(address.Query().Get("secret"))
	if err != nil {
		b.t.Fatal(err)
	}
	return key
}

func readCode(img image.Image, hints map[gozxing.DecodeHintType]any) (*gozxing.Result, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return nil, err
	}
	return qrcode.NewQRCodeReader().Decode(bitmap, hints)
}

// appCode is what an app with the key shows, once time has passed.
func (p *program) appCode(key []byte, passed time.Duration) string {
	p.clock.Move(passed)
	return secret.AppCode(key, secret.AppStepAt(p.clock.Now()))
}

const shownCodes = `[...document.querySelectorAll("ul.points code")].map(c => c.innerText)`

func TestBrowserSecondStep(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.join(t, ada)
			b := mode.open(t, p)
			b.view(phone, dark)
			b.enter(ada)
			b.open("/account/second")
			b.follow(func() { b.clickOn("main .btn-primary") })
			b.arrive("/account/totp")
			key := b.scan()
			b.write("code", "000000")
			b.refuse(b.submit)
			b.is(text("#summary"), "That code isn't right, or was used already. Each works once.")
			b.write("code", p.appCode(key, 0))
			b.submit()
			b.until(`document.querySelector("h1").innerText === "Save your recovery codes"`)
			codes := ask[[]string](b, shownCodes)
			if len(codes) != 10 {
				t.Fatalf("%d codes are shown", len(codes))
			}
			b.follow(func() { b.clickOn("main a.btn") })
			b.arrive("/account/second")
			b.signOut()

			// A kept form, the code, and a trusted browser.
			b.openTo("/account/profile", "/login?next=%2Faccount%2Fprofile")
			b.write("username", ada.Username)
			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/login/second?next=%2Faccount%2Fprofile")
			b.until(`document.activeElement.id === "code"`) // a page that is busy takes the focus a moment later
			b.write("code", p.appCode(key, secret.AppStep))
			b.clickOn("#trust")
			b.follow(b.submit)
			b.arrive("/account/profile")
			b.signOut()
			b.signIn(ada)
			b.signOut()

			// A recovery code ends trust, too.
			other := mode.open(t, p)
			other.open("/login")
			other.write("username", ada.Username)
			other.write("password", ada.Password)
			other.follow(other.submit)
			other.arrive("/login/second")
			other.follow(func() { other.clickOn("main a[href='/login/second/recovery']") })
			other.arrive("/login/second/recovery")
			other.write("code", codes[0])
			other.follow(other.submit)
			other.arrive("/account/second")
			other.is(text("[role=status]"), "You used a recovery code. 9 are left. If your app is gone, set it up anew here.")
			b.open("/login")
			b.write("username", ada.Username)
			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/login/second")
		})
	}
}

// A form whose sign-in had run out comes back after the second step.
func TestBrowserAFormIsKeptThroughTheSecondStep(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.join(t, ada)
			b := mode.open(t, p)
			b.enter(ada)
			b.open("/account/totp")
			key := b.scan()
			b.write("code", p.appCode(key, 0))
			b.submit()
			b.until(`document.querySelector("h1").innerText === "Save your recovery codes"`)
			b.open("/account/profile")
			b.write("name", "Augusta Ada King")
			p.clock.Move(25 * time.Hour)
			b.follow(b.submit)
			b.arrive("/login?next=%2Faccount%2Fprofile")
			b.write("username", ada.Username)
			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/login/second?next=%2Faccount%2Fprofile")
			b.write("code", p.appCode(key, 0))
			b.follow(b.submit)
			b.arrive("/account/profile")
			b.is(value("name"), "Augusta Ada King")
		})
	}
}

func TestBrowserASiteThatAsksForASecondStep(t *testing.T) {
	t.Parallel()
	p := serveProgram(t, "--second-step", "required")
	b := openTab(t, p)
	b.open("/register?next=%2Faccount%2Factivity")
	b.fillRegister(ada)
	b.follow(b.submit)
	b.arrive("/account/second?next=%2Faccount%2Factivity")
	b.opens(p.letters(t, ada.Email, letterConfirm, 1))
	b.arrive("/email/verify")
	b.follow(b.submit)
	b.openTo("/account/activity", "/account/second?next=%2Faccount%2Factivity")
	b.follow(func() { b.clickOn("main .btn-primary") })
	b.arrive("/account/totp?next=%2Faccount%2Factivity")
	b.write("code", p.appCode(b.scan(), 0))
	b.submit()
	b.until(`document.querySelector("h1").innerText === "Save your recovery codes"`)
	b.follow(func() { b.clickOn("main a.btn") })
	b.arrive("/account/activity")
}
