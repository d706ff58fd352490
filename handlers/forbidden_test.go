package handlers

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Who asked for what is not theirs is in the log, with what it was.
func TestWhatSomebodyMayNotIsLogged(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registersAs("grace")
		grace := h.user(t, "grace").ID
		other := v.another()
		other.registers()
		theirs := h.signIns(t, "ada")[0].Handle
		v.get("/ada/1").is(403)
		v.post("/ada/1", url.Values{}).is(403)
		v.post("/account/signins/"+theirs+"/end", url.Values{}).is(404)
		v.another().get("/account").is(303)
		refused := []string{
			fmt.Sprintf("GET /ada/{id} 403 %d", grace),
			fmt.Sprintf("POST /ada/{id} 403 %d", grace),
			fmt.Sprintf("POST /account/signins/{handle}/end 404 %d", grace),
			"GET /account 303 0",
		}
		for line := range strings.Lines(h.log.String()) {
			var request struct {
				Msg, Method, Path, Address string
				Status                     int
				User                       int64
			}
			if err := json.Unmarshal([]byte(line), &request); err != nil {
				t.Fatal(err)
			}
			said := fmt.Sprintf("%s %s %d %d", request.Method, request.Path, request.Status, request.User)
			if request.Msg == "request" && request.Address != "" {
				refused = slices.DeleteFunc(refused, func(want string) bool { return want == said })
			}
		}
		if len(refused) > 0 {
			t.Errorf("the log lacks %q:\n%s", refused, h.log)
		}
	}, withMail, withPages)
}
