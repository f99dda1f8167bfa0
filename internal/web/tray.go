package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"aupd/internal/aup"
)

// A nearMiss is an item of the tray as the page shows it.
type nearMiss struct {
	aup.TrayItem
	Why string // it is here, or what became of it
}

// Restorable reports whether it can be put back.
func (n nearMiss) Restorable() bool {
	return n.State != aup.TrayOpen && n.Report == "" && (n.Fate == aup.NearMiss || n.Fate == aup.Undecided || n.Fate == aup.Missing)
}

// nearMisses shows what lies in the tray; with all what was settled as well.
func (c *Console) nearMisses(w http.ResponseWriter, r *http.Request) error {
	return c.showTray(w, r, nil, nil)
}

// settle settles a near miss and shows the tray with what was done: who loads
// that page again settles as before, which changes nothing.
func (c *Console) settle(w http.ResponseWriter, r *http.Request) error {
	s, err := readSettlement(r.PostForm)
	if err != nil {
		return err
	}
	item, err := c.Tray.Settle(r.Context(), actor(r.Context()), s)
	if errors.Is(err, aup.ErrConflict) || errors.Is(err, aup.ErrNotFound) {
		return c.showTray(w, r, nil, err)
	}
	if err != nil {
		return err
	}
	return c.showTray(w, r, &item, nil)
}

// showTray writes the page of the tray; done is what was just settled, nil for
// nothing, and refused why something could not be.
func (c *Console) showTray(w http.ResponseWriter, r *http.Request, done *aup.TrayItem, refused error) error {
	all := r.Form.Has("all")
	page, err := c.Tray.NearMisses(r.Context(), all)
	if err != nil {
		return err
	}
	var open, settled []nearMiss
	for _, i := range page.Items {
		if i.State == aup.TrayOpen {
			open = append(open, nearMissOf(i))
		} else {
			settled = append(settled, nearMissOf(i))
		}
	}
	status, data := http.StatusOK, map[string]any{
		"Title": "Near misses", "All": all, "Open": open, "Settled": settled, "Tray": page, "Most": aup.MaxTray,
		"MayAct": aup.PrincipalOf(r.Context()).May(aup.RightBulk),
	}
	if done != nil {
		data["Done"] = nearMissOf(*done)
	}
	if refused != nil {
		status, _ = statusOf(refused)
		data["Refused"] = plain(refused)
	}
	c.render(w, r, status, "near-misses", data)
	return nil
}

func nearMissOf(i aup.TrayItem) nearMiss {
	if i.Sealed && i.Subject == "" {
		i.Subject = "Sealed"
	}
	return nearMiss{TrayItem: i, Why: whyInTray(i)}
}

// whyInTray says in a few words why an open item is in the tray, or how it
// went on with a settled one.
func whyInTray(i aup.TrayItem) string {
	switch {
	case i.State == aup.TrayDismissed:
		return "dismissed"
	case i.Report != "":
		return "is a report"
	case i.Fate == aup.Missing:
		return "the server does not give it"
	case i.Fate == aup.Gone:
		return "gone from the mailbox"
	case i.State == aup.TrayTaken:
		return "is fetched at the next look"
	case i.Fate == aup.Undecided:
		return "could not be read"
	}
	return "nearly matches"
}

// readSettlement reads what a row of the tray sends.
func readSettlement(f url.Values) (aup.Settlement, error) {
	s := aup.Settlement{Do: aup.EventKind(f.Get("do")), Source: aup.Source{Mailbox: f.Get("mailbox"), Folder: f.Get("folder")}}
	for name, to := range map[string]*uint32{"uidvalidity": &s.Source.UIDValidity, "uid": &s.Source.UID} {
		n, err := strconv.ParseUint(f.Get(name), 10, 32)
		if err != nil {
			return s, fmt.Errorf("%s %q: want a number of 32 bits: %w", name, f.Get(name), aup.ErrInvalid)
		}
		*to = uint32(n)
	}
	return s, nil
}
