package components

import (
	"encoding/base64"
	"strings"
	"sync"

	"gatehouse/assets"
)

// MarkID is the Content-ID of the mark, by which the HTML of a letter shows the picture that comes with it.
const MarkID = "mark@letter"

// InBrowser is the HTML of a letter for browsers, which know nothing of the parts of a mail: the mark stands in it, and
// its links leave the frame that it may be shown in.
func InBrowser(html string) string {
	return strings.NewReplacer("cid:"+MarkID, markData(), "<head>", `<head><base target="_top">`).Replace(html)
}

var markData = sync.OnceValue(func() string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(assets.Mark())
})
