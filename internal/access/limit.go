package access

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"
)

// How often a sign-in may be tried: by an address, which several people may
// share, and under a name, where each try is a guess at one password. An address
// from which the user signed in lately has a count of its own under the name, so
// that others' tries do not keep them out there. From a new address they do, for
// as long as they go on; sessions that are open, tokens and OIDC do not notice.
const (
	triesWindow   = time.Minute
	triesByClient = 20
	triesByName   = 10
)

// limits count the tries to sign in.
type limits struct {
	byClient, byName, byHome *httprate.RateLimiter
}

func newLimits() *limits {
	headers := httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"})
	return &limits{
		byClient: httprate.NewRateLimiter(triesByClient, triesWindow, headers),
		byName:   httprate.NewRateLimiter(triesByName, triesWindow, headers),
		byHome:   httprate.NewRateLimiter(triesByName, triesWindow, headers),
	}
}

// client counts a try and reports whether it is one too many.
func (l *limits) client(w http.ResponseWriter, r *http.Request, c client) bool {
	return l.byClient.OnLimit(w, r, c.limitKey())
}

// name counts a try under a name and reports whether it is one too many. home
// says that c is where the user signs in from.
func (l *limits) name(w http.ResponseWriter, r *http.Request, name string, c client, home bool) bool {
	if home {
		return l.byHome.OnLimit(w, r, name+" "+c.limitKey())
	}
	return l.byName.OnLimit(w, r, name)
}
