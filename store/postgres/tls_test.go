package postgres

import "testing"

// The URL alone decides about TLS, as the README says.
func TestTLSIsAsTheURLSays(t *testing.T) {
	t.Parallel()
	const place = "postgres://serve@db.example.com/gatehouse?sslmode="
	for mode, want := range map[string]struct{ encrypted, checked, inClear bool }{
		"verify-full": {true, true, false},
		"require":     {true, false, false},
		"prefer":      {true, false, true},
		"":            {true, false, true},
		"disable":     {false, false, true},
	} {
		config, err := configure(place + mode)
		if err != nil {
			t.Fatal(err)
		}
		got := want
		first := config.ConnConfig.TLSConfig
		got.encrypted = first != nil
		got.checked = first != nil && !first.InsecureSkipVerify && first.ServerName == "db.example.com"
		got.inClear = first == nil
		for _, next := range config.ConnConfig.Fallbacks {
			got.inClear = got.inClear || next.TLSConfig == nil
		}
		if got != want {
			t.Errorf("sslmode=%s: %+v, want %+v", mode, got, want)
		}
	}
}
