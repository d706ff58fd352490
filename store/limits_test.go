package store

import (
	"testing"
	"time"

	"gatehouse/store/rules"
)

func TestWaitsDouble(t *testing.T) {
	t.Parallel()
	l := Limits{WrongPasswords: 5, LongestWait: 15 * time.Minute}
	for failures, want := range map[int]time.Duration{
		0: 0, 1: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 7: 4 * time.Second, 14: 512 * time.Second,
		15: 15 * time.Minute, 16: 15 * time.Minute, 35: 15 * time.Minute, 36: 15 * time.Minute, 39: 15 * time.Minute, 69: 15 * time.Minute, 1 << 30: 15 * time.Minute,
	} {
		if got := l.wait(failures); got != want {
			t.Errorf("after %d failures the wait is %v, want %v", failures, got, want)
		}
	}
	strict := Limits{WrongPasswords: 1, LongestWait: 24 * time.Hour}
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 31: 24 * time.Hour, 32: 24 * time.Hour} {
		if got := strict.wait(failures); got != want {
			t.Errorf("strictly, after %d failures the wait is %v, want %v", failures, got, want)
		}
	}
}

func TestReadsRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"20/1m,100/1h":     "20/1m,100/1h",
		" 20/60s , 100/1h": "20/1m,100/1h",
		"1/1s":             "1/1s",
		"5/90s":            "5/1m30s",
		"5/90m":            "5/1h30m",
		"5/10m":            "5/10m",
		"5/100h":           "5/100h",
		"5/1h0m5s":         "5/1h0m5s",
		"1000000/720h":     "1000000/720h",
		"off":              "off",
	} {
		var r Rates
		if err := r.UnmarshalText([]byte(text)); err != nil || r.String() != want {
			t.Errorf("%q is read as %s, %v; want %s", text, r, err, want)
		}
		var again Rates
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again.String() != want {
			t.Errorf("%s is read as %s, %v", r, again, err)
		}
	}
	for _, text := range []string{
		"", ",", "20", "20/", "/1m", "0/1m", "-1/1m", "1000001/1m", "20/1", "20/0s", "20/999ms", "20/-1m", "20/721h",
		"20/1m,", "20/1m,off", "20/1m/1h", "1.5/1m", "OFF", "20 per minute",
	} {
		var r Rates
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %s", text, r)
		}
	}
}

func TestSaysTheWaitInWords(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{
		10001 * time.Millisecond: "11 seconds", 90 * time.Second: "90 seconds", 91 * time.Second: "2 minutes",
		2 * time.Minute: "2 minutes", 121 * time.Second: "3 minutes", 15 * time.Minute: "15 minutes",
		90 * time.Minute: "90 minutes", 91 * time.Minute: "2 hours", 24 * time.Hour: "24 hours",
	} {
		refusal, ok := rules.AsRefusal(rules.TooMany(wait))
		if sentence := "Too many tries. Try again in " + want + "."; !ok || refusal.Sentence != sentence {
			t.Errorf("%v: %q, want %q", wait, refusal.Sentence, sentence)
		}
		if refusal.Wait != wait || refusal.Field != "" {
			t.Errorf("%v: %+v", wait, refusal)
		}
	}
	for _, wait := range []time.Duration{-time.Second, 0, time.Millisecond, 10 * time.Second} {
		refusal, ok := rules.AsRefusal(rules.TooMany(wait))
		if !ok || refusal.Sentence != "Too many tries. Wait a moment, then try again." || refusal.Wait != max(wait, time.Second) {
			t.Errorf("%v: %+v", wait, refusal)
		}
	}
}

func FuzzRates(f *testing.F) {
	for _, seed := range []string{"20/1m,100/1h", "off", "", "1/1s", "5/1h0m0.5s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r, again Rates
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again.String() != r.String() {
			t.Errorf("%q is written %s and read as %s, %v", text, r, again, err)
		}
	})
}
