package daemon

import (
	"context"

	"aupd/internal/aup"
)

// liveTray is the store's tray. What is taken from it is fetched at once.
type liveTray struct {
	aup.Tray
	d *daemon
}

// Settle implements [aup.Tray].
func (t liveTray) Settle(ctx context.Context, who aup.Actor, s aup.Settlement) (aup.TrayItem, error) {
	item, err := t.Tray.Settle(ctx, who, s)
	if err == nil && item.State == aup.TrayTaken {
		t.d.wake()
	}
	return item, err
}
