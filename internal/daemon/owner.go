package daemon

import (
	"fmt"
	"net/http"
	"os"
	"os/user"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/httpapi"
)

// User returns the name of the operating system's user that runs this process,
// or its number where it has no name.
func User() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid-%d", os.Getuid())
}

// forOwner serves h with the rights of the data folder's owner: it is for a
// loopback address that no users are configured for.
func forOwner(h http.Handler) http.Handler {
	p := aup.Owner(User())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := p
		if p.From = "console"; strings.HasPrefix(r.URL.Path, httpapi.Root+"/") {
			p.From = "api"
		}
		h.ServeHTTP(w, r.WithContext(aup.WithPrincipal(r.Context(), p)))
	})
}
