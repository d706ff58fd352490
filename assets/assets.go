// Package assets carries the style sheets, the script and the icon inside the program, under names that change with their
// content, already compressed. `make assets` builds them.
package assets

import (
	"embed"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed all:dist icon.svg robots.txt
var files embed.FS

var built = open(files)

// Built reports whether the program was compiled after `make assets`; without it pages have no style and no script.
func Built() bool { return len(built.paths) > 0 }

// Path is the address of a file by its plain name: Path("site.css") is "/assets/site.1a2b3c4d.css".
func Path(name string) string {
	if p, ok := built.paths[name]; ok {
		return p
	}
	return prefix + name
}

// Handler serves the built files at their addresses, for ever cacheable, in the best coding the browser takes. A style
// sheet and a script of another version are answered with those of this one, which no cache may keep: while copies are
// upgraded one after another, a page comes from one of them and what it needs is asked of another. Whatever else is asked
// of it goes to notFound.
func Handler(notFound http.Handler) http.Handler { return built.handler(notFound) }

// Icon serves the icon at an address of its own, for /favicon.ico; as SVG when not built.
func Icon() http.Handler { return icon("favicon.ico") }

// TouchIcon serves the icon for home screens, for /apple-touch-icon.png; as SVG when not built.
func TouchIcon() http.Handler { return icon("apple-touch-icon.png") }

// Mark is the icon as a PNG, 64 pixels wide, for letters, which cannot fetch it; nil when not built. Nobody may change it.
func Mark() []byte { return mark }

var mark, _ = files.ReadFile("dist/mark.png")

// Robots serves robots.txt, which keeps crawlers away from what is private.
func Robots() http.Handler { return single("robots.txt", 60*60) }

// Passwords is the list of common passwords: the first 5 bytes of each one's SHA-256, sorted, one after the other; nil
// when not built.
func Passwords() *io.SectionReader {
	file, err := files.Open("dist/passwords.bin")
	if err != nil {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	// Files of an embed.FS are read where they lie: a copy would be the largest thing in memory.
	return io.NewSectionReader(file.(io.ReaderAt), 0, info.Size())
}

const prefix = "/assets/"

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".ico": "image/x-icon",
	".js":  "text/javascript; charset=utf-8",
	".png": "image/png",
	".svg": "image/svg+xml; charset=utf-8",
	".txt": "text/plain; charset=utf-8",
}

// otherVersions are the addresses that style sheets and the script may have in another build.
var otherVersions = regexp.MustCompile(`^` + prefix + `(?:(site|admin)\.[0-9a-f]{8}(\.css)|(site)\.[0-9a-f]{8}(\.js))$`)

// A bundle is what one build left, read into memory.
type bundle struct {
	paths map[string]string // plain name to address
	files map[string]file   // address to content
}

// A file is there in three codings, or plain only where it is compressed as it is.
type file struct {
	contentType         string
	plain, gzip, brotli []byte
}

// open reads a build. Only what its manifest names is ever served.
func open(fsys fs.FS) bundle {
	b := bundle{paths: map[string]string{}, files: map[string]file{}}
	manifest, err := fs.ReadFile(fsys, "dist/manifest.json")
	if err != nil {
		return b
	}
	var names map[string]string
	if err := json.Unmarshal(manifest, &names); err != nil {
		panic("assets: dist/manifest.json: " + err.Error()) // built by us, a moment before the program
	}
	for name, hashed := range names {
		read := func(suffix string) []byte {
			content, err := fs.ReadFile(fsys, "dist/"+hashed+suffix)
			if err != nil {
				panic("assets: " + err.Error())
			}
			return content
		}
		b.paths[name] = prefix + hashed
		f := file{contentType: contentTypes[path.Ext(hashed)], plain: read("")}
		if path.Ext(hashed) != ".png" {
			f.gzip, f.brotli = read(".gz"), read(".br")
		}
		b.files[prefix+hashed] = f
	}
	return b
}

func (b bundle) handler(notFound http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := r.URL.EscapedPath() // as it was sent: an encoded spelling is another address
		f, ok := b.files[address]
		keep := "public, max-age=31536000, immutable"
		if other := otherVersions.FindStringSubmatch(address); !ok && other != nil {
			f, ok = b.files[b.paths[strings.Join(other[1:], "")]]
			keep = "no-store"
		}
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
			notFound.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", keep)
		w.Header().Set("Vary", "Accept-Encoding")
		accepted := strings.Join(r.Header.Values("Accept-Encoding"), ",")
		content := f.plain
		switch {
		case f.brotli == nil:
		case accepts(accepted, "br"):
			w.Header().Set("Content-Encoding", "br")
			content = f.brotli
		case accepts(accepted, "gzip"):
			w.Header().Set("Content-Encoding", "gzip")
			content = f.gzip
		}
		answer(w, r, f.contentType, content)
	})
}

// icon serves a picture of the icon, or the icon itself.
func icon(name string) http.Handler {
	if _, err := fs.Stat(files, "dist/"+name); err == nil {
		return single("dist/"+name, 24*60*60)
	}
	return single("icon.svg", 24*60*60)
}

// single serves one file that is there.
func single(name string, seconds int) http.Handler {
	content, err := files.ReadFile(name)
	if err != nil {
		panic("assets: " + err.Error())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(seconds))
		answer(w, r, contentTypes[path.Ext(name)], content)
	})
}

func answer(w http.ResponseWriter, r *http.Request, contentType string, content []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method != http.MethodHead {
		w.Write(content)
	}
}

// accepts reports whether an Accept-Encoding line allows a coding, by name or by *, and not with a weight of nought.
func accepts(line, coding string) bool {
	allowed := false
	for part := range strings.SplitSeq(line, ",") {
		name, weight, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		_, q, weighed := strings.Cut(weight, "=")
		value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		wanted := !weighed || err == nil && value > 0
		if name == coding {
			return wanted
		}
		if name == "*" {
			allowed = wanted
		}
	}
	return allowed
}
