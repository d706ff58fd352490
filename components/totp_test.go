package components

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
)

func TestTheAddressOfAnAppIsEscaped(t *testing.T) {
	t.Parallel()
	for _, site := range []string{"Gatehouse", "Bücher & mehr", "a:b?c=d#e", "javascript:alert(1)", `"><script>`, "100 %"} {
		address := appAddress(site, "ada", []byte("12345678901234567890"))
		u, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%q: %v", site, err)
		}
		name := strings.TrimSpace(strings.ReplaceAll(site, ":", " "))
		if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/"+name+":ada" || u.Query().Get("issuer") != name ||
			u.Query().Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || len(u.Query()) != 2 || u.Fragment != "" || strings.Contains(address, "+") {
			t.Errorf("%q becomes %s", site, address)
		}
	}
}

func TestTheLongestAddressOfAnAppFitsIntoACode(t *testing.T) {
	t.Parallel()
	f := NewTOTPForm(strings.Repeat("Ü", 80), store.User{Username: strings.Repeat("w", 32)}, make([]byte, 20))
	if code, err := newQR(f.Address); err != nil || code.path == "" {
		t.Errorf("%d characters: %v", len(f.Address), err)
	}
}
