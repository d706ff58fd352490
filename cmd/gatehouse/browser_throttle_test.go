package main

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// withLimits runs the program as people do.
var withLimits = []string{"--insecure-test=false", "--bcrypt-cost", "10"}

func TestBrowserWrongPasswordsHaveToWait(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t, withLimits...)
			p.add(t, ada)
			b := mode.open(t, p)
			b.report.expect("status of 429")
			b.openTo("/account", "/login?next=%2Faccount")
			ask[[]int](b, fmt.Sprintf(`(async () => {
				const answers = [];
				for (let i = 1; i < %d; i++) {
					const body = new URLSearchParams({username: "ada", password: "not her password"});
					answers.push((await fetch("/login", {method: "POST", body})).status);
				}
				return answers;
			})()`, store.DefaultLimits.WrongPasswords))
			b.write("username", "Ada")
			b.write("password", "nor this")
			b.refuse(b.submit)
			b.is(text("#summary"), "Wrong username or password. Forgot your password?")
			b.write("password", ada.Password)
			b.refuse(b.submit)
			if !b.answered("429 POST /login") {
				t.Errorf("answers: got %q, want a 429", b.report.answers())
			}
			b.is(text("#summary"), rules.TooMany(time.Second).Error())
			b.is(title, "Error: Sign in · Gatehouse")
			b.is(value("username"), "Ada")
			b.is(value("password"), mode.password(ada.Password))

			p.clock.Move(time.Second)
			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/account")
			b.open("/account/activity")
			b.until(text("main") + `.includes("Too many wrong passwords: further tries had to wait")`)
		})
	}
}
