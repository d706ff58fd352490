package store

import "testing"

func TestADomainHasOneSpelling(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"ada@example.com": "example.com", "Ada@EXAMPLE.Com": "example.com", `"a@b"@example.com`: "example.com", "ada@example.com.": "example.com",
		"ada@BÜCHER.example": "xn--bcher-kva.example", "ada@XN--BCHER-KVA.example": "xn--bcher-kva.example", "ada@My_Host.example": "my_host.example", "": "",
	} {
		if got := (Letter{LetterData: LetterData{To: to}}).Domain(); got != want {
			t.Errorf("the domain of %q is %q, want %q", to, got, want)
		}
	}
}
