package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"image/color"
	"image/png"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

var names = []string{"admin.css", "icon.svg", "site.css", "site.js"}

var notFound = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "none", http.StatusNotFound) })

func TestBuilt(t *testing.T) {
	if !Built() {
		t.Fatal("the assets are not built: run `make assets`")
	}
}

func TestNamesChangeWithContent(t *testing.T) {
	for _, name := range names {
		stem, ext, _ := strings.Cut(name, ".")
		want := regexp.MustCompile(`^/assets/` + stem + `\.[0-9a-f]{8}\.` + ext + `$`)
		if got := Path(name); !want.MatchString(got) {
			t.Errorf("Path(%q): got %s, want %s", name, got, want)
		}
	}
	if got, want := Path("none.css"), "/assets/none.css"; got != want {
		t.Errorf("a name that was not built: got %s, want %s", got, want)
	}
}

func TestHandlerServesTheBestCoding(t *testing.T) {
	for _, row := range []struct{ accept, want string }{
		{"", ""},
		{"identity", ""},
		{"gzip", "gzip"},
		{"gzip, deflate, br, zstd", "br"},
		{"GZIP;q=1.0, BR ; q=0.1", "br"},
		{"br;q=0, gzip", "gzip"},
		{"br;q=0.000, gzip;q=0", ""},
		{"br;q=none", ""},
		{"*", "br"},
		{"*;q=0", ""},
		{"*, br;q=0", "gzip"},
		{"brotli, xgzip", ""},
	} {
		for _, name := range names {
			w := ask("GET", Path(name), row.accept)
			if w.Code != http.StatusOK {
				t.Fatalf("%s: got %d, want 200", Path(name), w.Code)
			}
			if got := w.Header().Get("Content-Encoding"); got != row.want {
				t.Errorf("%s for %q: got coding %q, want %q", name, row.accept, got, row.want)
			}
			want := map[string][]byte{
				"":     built.files[Path(name)].plain,
				"gzip": built.files[Path(name)].gzip,
				"br":   built.files[Path(name)].brotli,
			}[row.want]
			if !bytes.Equal(w.Body.Bytes(), want) {
				t.Errorf("%s for %q: got another content of %d bytes, want %d", name, row.accept, w.Body.Len(), len(want))
			}
		}
	}
}

func TestGzipCopiesUnpackToThePlainOnes(t *testing.T) {
	for _, name := range names {
		f := built.files[Path(name)]
		r, err := gzip.NewReader(bytes.NewReader(f.gzip))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, f.plain) {
			t.Errorf("%s: got %d bytes (%v), want the %d plain ones", name, len(got), err, len(f.plain))
		}
	}
}

// HDR-08: every body has its type, with its character set.
func TestHDR08Headers(t *testing.T) {
	for name, want := range map[string]string{
		"icon.svg": "image/svg+xml; charset=utf-8",
		"site.css": "text/css; charset=utf-8",
		"site.js":  "text/javascript; charset=utf-8",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := ask(method, Path(name), "br")
			for header, want := range map[string]string{
				"Cache-Control":  "public, max-age=31536000, immutable",
				"Content-Length": strconv.Itoa(len(built.files[Path(name)].brotli)),
				"Content-Type":   want,
				"Vary":           "Accept-Encoding",
				"Set-Cookie":     "",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s %s, %s: got %q, want %q", method, name, header, got, want)
				}
			}
			if got := w.Body.Len(); method == "HEAD" && got != 0 {
				t.Errorf("HEAD %s: got a body of %d bytes, want none", name, got)
			}
		}
	}
}

// HDR-09: nothing is served but what the manifest names; there are no listings and no ways out of the folder.
func TestHDR09ServesNothingElse(t *testing.T) {
	css := Path("site.css")
	for _, target := range []string{
		"/assets", "/assets/", "/assets/.", "/assets/dist/", "/assets/site.css", "/assets/icon.00000000.svg",
		"/assets/placeholder", "/assets/manifest.json", "/assets/passwords.bin", "/assets/robots.txt", "/assets/icon.svg",
		"/assets/assets.go", "/assets/../assets.go", "/assets/../app.db", "/assets/..%2fassets.go", "/assets/..%2f..%2fgo.mod",
		"/assets/%2e%2e/go.mod", "/assets/%2e%2e%2fgo.mod", "/assets/..%5cgo.mod", "/assets//etc/passwd", "/.git/HEAD",
		"/.env", css + ".br", css + ".gz", css + "~", css + "/", css + "%00", css + ";x", "/assets/./" + css[len(prefix):],
		strings.Replace(css, ".css", "%2ecss", 1), strings.ToUpper(css), strings.TrimPrefix(css, "/assets"),
	} {
		if w := ask("GET", target, "br"); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: got %d, %q, want 404 and no caching", target, w.Code, w.Header().Get("Cache-Control"))
		}
	}
	for _, target := range []string{css, "/assets/site.00000000.css"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
			if w := ask(method, target, ""); w.Code != http.StatusNotFound {
				t.Errorf("%s %s: got %d, want 404", method, target, w.Code)
			}
		}
	}
}

// A page of another version finds a style sheet and a script, and no cache takes them for those it was asked for.
func TestOtherVersionsAreAnsweredWithThisOne(t *testing.T) {
	for _, name := range []string{"admin.css", "site.css", "site.js"} {
		stem, ext, _ := strings.Cut(name, ".")
		for _, hash := range []string{"00000000", "deadbeef", "0123abcd"} {
			other := prefix + stem + "." + hash + "." + ext
			for _, method := range []string{"GET", "HEAD"} {
				for _, accept := range []string{"", "gzip", "br"} {
					w, own := ask(method, other, accept), ask(method, Path(name), accept)
					if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), own.Body.Bytes()) {
						t.Errorf("%s %s for %q: got %d and %d bytes, want 200 and %d", method, other, accept, w.Code, w.Body.Len(), own.Body.Len())
					}
					want := own.Header().Clone()
					want.Set("Cache-Control", "no-store")
					if got := w.Header(); !maps.EqualFunc(got, want, slices.Equal) {
						t.Errorf("%s %s for %q: got headers %v, want %v", method, other, accept, got, want)
					}
				}
			}
		}
	}
	for _, target := range []string{
		"/assets/site.0000000.css", "/assets/site.000000000.css", "/assets/site.0000000G.css", "/assets/site.DEADBEEF.css", "/assets/site.00000000.",
		"/assets/site.00000000.css.br", "/assets/site.00000000.js.gz", "/assets/site.00000000.svg", "/assets/site.00000000.map", "/assets/site.00000000.mjs",
		"/assets/site.00000000.css/", "/assets/site.00000000.css%00", "/assets/site.00000000.css%0a", "/assets/site.00000000%2ecss", "/assets/site00000000.css",
		"/assets/site.%30%300000000.css", "/assets/icon.00000000.css", "/assets/passwords.00000000.js", "/assets/x/site.00000000.css", "/site.00000000.css",
		"/assets/SITE.00000000.css", "/assets/site.00000000.CSS", "/assets//site.00000000.css", "/assets/manifest.00000000.json", "/x/assets/site.00000000.css",
	} {
		if w := ask("GET", target, "br"); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: got %d, %q, want 404 and no caching", target, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestIconAndRobots(t *testing.T) {
	for _, row := range []struct {
		handler               http.Handler
		contentType, contains string
	}{
		{Icon(), "image/x-icon", "\x00\x00\x01\x00\x01\x00\x20\x20"},
		{TouchIcon(), "image/png", "\x89PNG\r\n"},
		{icon("none.png"), "image/svg+xml; charset=utf-8", "<svg"},
		{Robots(), "text/plain; charset=utf-8", "Disallow: /account\n"},
	} {
		w := httptest.NewRecorder()
		row.handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if got := w.Header().Get("Content-Type"); got != row.contentType {
			t.Errorf("got type %q, want %q", got, row.contentType)
		}
		if !strings.HasPrefix(w.Header().Get("Cache-Control"), "public, max-age=") {
			t.Errorf("%s: got %q, want it cacheable", row.contentType, w.Header().Get("Cache-Control"))
		}
		if !strings.Contains(w.Body.String(), row.contains) {
			t.Errorf("%s: %q is missing", row.contentType, row.contains)
		}
	}
}

// Each picture has the size that its users ask for. What cuts a shape of its own finds no transparent corner.
func TestPictures(t *testing.T) {
	ico := read(t, "dist/favicon.ico")
	for name, row := range map[string]struct {
		content       []byte
		width, height int
		fills         bool
	}{
		"favicon":    {ico[22:], 32, 32, false},
		"touch icon": {read(t, "dist/apple-touch-icon.png"), 180, 180, true},
		"mark":       {Mark(), 64, 64, false},
		"192":        {built.files[Path("icon-192.png")].plain, 192, 192, false},
		"512":        {built.files[Path("icon-512.png")].plain, 512, 512, false},
		"maskable":   {built.files[Path("maskable.png")].plain, 512, 512, true},
		"card":       {built.files[Path("card.png")].plain, 1200, 630, true},
	} {
		picture, err := png.Decode(bytes.NewReader(row.content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := picture.Bounds().Size(); got.X != row.width || got.Y != row.height {
			t.Errorf("%s is %v, want %d x %d", name, got, row.width, row.height)
		}
		if _, _, _, alpha := picture.At(0, 0).RGBA(); (alpha == 0xffff) != row.fills {
			t.Errorf("%s: its corner fills the square %v, want %v", name, !row.fills, row.fills)
		}
		colours := map[color.Color]bool{}
		for x := range row.width {
			colours[picture.At(x, row.height/2)] = true
		}
		if len(colours) < 3 {
			t.Errorf("%s has %d colours across its middle, want a drawing", name, len(colours))
		}
	}
	for name, size := range map[string]int{"favicon.ico": 1 << 10, "apple-touch-icon.png": 4 << 10, "mark.png": 2 << 10} {
		if got := len(read(t, "dist/"+name)); got > size {
			t.Errorf("%s has %d bytes, want at most %d", name, got, size)
		}
	}
}

// What is compressed as it is comes in no other coding.
func TestPicturesHaveOneCoding(t *testing.T) {
	w := ask("GET", Path("card.png"), "br, gzip")
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "" || w.Header().Get("Content-Type") != "image/png" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("got %d with %v", w.Code, w.Header())
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestWorksBeforeAnythingIsBuilt(t *testing.T) {
	b := open(fstest.MapFS{"dist/placeholder": {}})
	if len(b.paths) != 0 {
		t.Errorf("got %v, want nothing built", b.paths)
	}
	for _, target := range []string{"/assets/site.css", "/assets/site.00000000.css"} {
		w := httptest.NewRecorder()
		b.handler(notFound).ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", target, w.Code)
		}
	}
}

func TestPasswordsAreSortedAndFound(t *testing.T) {
	list, err := io.ReadAll(Passwords())
	if err != nil {
		t.Fatal(err)
	}
	if len(list)%5 != 0 || len(list) < 2_000_000 {
		t.Fatalf("got %d bytes, want a multiple of 5 and about 2.4 million", len(list))
	}
	var hashes [][]byte
	for i := 0; i < len(list); i += 5 {
		hashes = append(hashes, list[i:i+5])
	}
	for i := 1; i < len(hashes); i++ {
		if bytes.Compare(hashes[i-1], hashes[i]) >= 0 {
			t.Fatalf("hash %d is not above the one before it", i)
		}
	}
	for password, want := range map[string]bool{
		"password": true, "qwertyuiop": true, "1234567890": true, "dragon": false, "a quiet place by the gate": false,
	} {
		hash := sha256.Sum256([]byte(password))
		if _, got := slices.BinarySearchFunc(hashes, hash[:5], bytes.Compare); got != want {
			t.Errorf("%q: got %v, want %v", password, got, want)
		}
	}
}

// HDR-02: the policy has no data: and nothing from elsewhere, so the style sheet may not need them.
func TestHDR02StylesNeedNothingFromElsewhere(t *testing.T) {
	css := string(built.files[Path("site.css")].plain)
	for _, bad := range []string{"data:", "http:", "https:", "@import", "url("} {
		if strings.Contains(css, bad) {
			t.Errorf("site.css holds %q", bad)
		}
	}
}

// The browser's first visit is small: the sizes of the brotli copies, as agreed.
func TestBudget(t *testing.T) {
	for name, want := range map[string]int{"admin.css": 2 * 1024, "site.css": 7 * 1024, "site.js": 15 * 1024, "icon.svg": 512} {
		if got := len(built.files[Path(name)].brotli); got == 0 || got > want {
			t.Errorf("%s: got %d bytes, want at most %d", name, got, want)
		}
	}
}

func ask(method, target, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	Handler(notFound).ServeHTTP(w, r)
	return w
}
