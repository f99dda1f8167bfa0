package web

import (
	"context"

	"aupd/internal/aup"
)

// sealedSubject stands where the subject of a report would stand that whoever
// asks may not read.
const sealedSubject = "Sealed report"

// hidden reports whether r shows no content to whoever asks.
func hidden(ctx context.Context, r aup.Report) bool {
	return r.Sealed && !aup.PrincipalOf(ctx).May(aup.RightContent)
}

// seal returns r with words in place of the subject that was taken out of it.
func seal(ctx context.Context, r aup.Report) aup.Report {
	if hidden(ctx, r) {
		r.Subject = sealedSubject + " " + string(r.ID)
	}
	return r
}

// actor returns who acts, through the console.
func actor(ctx context.Context) aup.Actor { return aup.PrincipalOf(ctx).Actor() }
