package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Assets are the files that pages load. All are served under one version, a
// hash over them, so that a browser may keep them for as long as it likes and
// a style sheet can name its pictures beside it.
type assets struct {
	version string
	files   map[string]asset
}

type asset struct {
	mediaType string
	body      []byte
	gzipped   []byte
}

// mediaTypes are those of the files that there are; the machine's own table
// may say otherwise.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".md": "text/plain; charset=utf-8", "": "text/plain; charset=utf-8",
}

func loadAssets() assets {
	a := assets{files: make(map[string]asset)}
	h := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		h.Write([]byte(name))
		h.Write(body)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // into memory
		_ = z.Close()
		a.files[strings.TrimPrefix(name, "static/")] = asset{mediaTypes[path.Ext(name)], body, b.Bytes()}
		return nil
	})
	if err != nil {
		panic(err) // the folder is embedded
	}
	a.version = hex.EncodeToString(h.Sum(nil)[:8])
	return a
}

// serve answers for a file of this version; one of another is not there.
func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("path")]
	if !ok || r.PathValue("version") != a.version {
		http.NotFound(w, r)
		return
	}
	head := w.Header()
	head.Set("Content-Type", f.mediaType)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "public, max-age=31536000, immutable")
	head.Set("Vary", "Accept-Encoding")
	body := f.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		head.Set("Content-Encoding", "gzip")
		body = f.gzipped
	}
	_, _ = w.Write(body) // a reader that went away needs no file
}
