package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/desk"
)

// filters keeps the queue's query under a name, or drops one.
func (c *Console) filters(w http.ResponseWriter, r *http.Request) error {
	if c.Filters.Shelf == nil {
		return fmt.Errorf("filters: they are not kept here: %w", aup.ErrNotFound)
	}
	f := r.PostForm
	name, shared := strings.TrimSpace(f.Get("name")), f.Get("shared") != ""
	var err error
	if f.Get("do") == "drop" {
		err = c.Filters.Delete(r.Context(), name, shared)
	} else {
		_, err = c.Filters.Save(r.Context(), desk.Filter{Name: name, Query: f.Get("q"), Shared: shared})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/queue?"+url.Values{"q": {f.Get("q")}}.Encode(), http.StatusSeeOther)
	return nil
}
