package httpapi

import (
	"net/http"
	"net/url"

	"aupd/internal/aup"
)

// operatorHeader names who works through the unix socket, escaped as a path of
// a URL. Whoever can open the socket owns the data folder, and may act under
// any name.
const operatorHeader = "Aupd-Operator"

// maxOperator bounds a name, in bytes.
const maxOperator = 100

// Owner serves h to whoever can connect, with the rights of the data folder's
// owner: it is for the unix socket alone. Who acts is whom the client names,
// and name without one.
func Owner(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := name
		if said := r.Header.Get(operatorHeader); said != "" {
			var err error
			if who, err = url.PathUnescape(said); err != nil || len(who) > maxOperator {
				http.Error(w, operatorHeader+": want an escaped name of at most 100 bytes", http.StatusBadRequest)
				return
			}
		}
		h.ServeHTTP(w, r.WithContext(aup.WithPrincipal(r.Context(), aup.Owner(who))))
	})
}
