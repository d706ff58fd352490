package main

import (
	"fmt"
	"testing"
)

// Kubernetes names variables after services, and no setting may be called like one of these.
func TestNoSettingIsCalledLikeAVariableOfKubernetes(t *testing.T) {
	t.Parallel()
	for _, f := range model(t).Flags {
		for _, name := range f.Envs {
			if injected.MatchString(name[len("GATEHOUSE_"):]) {
				t.Errorf("%s is called like a variable of Kubernetes", name)
			}
			if got := unknownVariables(model(t), []string{name + "=x", name + fileEnding + "=x"}); len(got) != 0 {
				t.Errorf("%s is said to be no setting: %v", name, got)
			}
		}
	}
}

func TestTheSettingThatWasMeantIsFound(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"BASEURL": "BASE_URL", "BASE_ULR": "BASE_URL", "SMPT": "SMTP", "DATABSE": "DATABASE", "DB": "", "TRUSTED_PROXIES": "TRUSTED_PROXY",
		"CLOSE_DAYS": "CLOSED_DAYS", "LIMITPASSWORD": "LIMIT_PASSWORD", "SMPT_FILE": "SMTP_FILE", "COLOUR": "", "SITE_TITLE": "", "X": "",
	} {
		if want != "" {
			want = "GATEHOUSE_" + want
		}
		got := unknownVariables(model(t), []string{"HOME=/root", "GATEHOUSE_" + written + "=x", "OTHER_" + written + "=x"})
		if len(got) != 1 || got[0].meant != want {
			t.Errorf("%s: %v, want %q", written, fmt.Sprintf("%+v", got), want)
		}
	}
}
