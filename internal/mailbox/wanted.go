package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"aupd/internal/aup"
)

// wish learns which messages somebody wants, whatever their subjects say.
func (f *folder) wish(ctx context.Context) error {
	f.wanted = nil
	if f.w.opt.Wanted == nil {
		return nil
	}
	uids, err := f.w.opt.Wanted(ctx, f.epoch)
	if err != nil {
		return f.fault(KindStore, "read what is wanted", "", storeError{err})
	}
	f.wanted = make(map[uint32]bool, len(uids))
	for _, uid := range uids {
		f.wanted[uid] = true
	}
	return nil
}

// withWanted adds to uids, in ascending order, the wanted messages. One that
// is missing is asked for when it is due.
func (f *folder) withWanted(uids []uint32) []uint32 {
	for uid := range f.wanted {
		if _, later := f.missing[uid]; !later {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids)
}

// matches reports whether m is the message that d decided on, going by its own
// header: it is selected, or it is wanted and has the subject that it had
// before. A header longer than headerSize was decided on by its Subject field
// alone.
func (f *folder) matches(m *aup.Mail, d decided) (bool, error) {
	for _, size := range []int64{subjectSize, headerSize} {
		head := make([]byte, min(m.Size, size))
		if n, err := m.Raw.ReadAt(head, 0); n < len(head) {
			return false, storeError{fmt.Errorf("read the spool: %w", err)}
		}
		got, subject := f.w.rule.Decide(head)
		if got == Match || f.wanted[m.Source.UID] && subject == d.subject {
			return true, nil
		}
		if m.Size <= size || bytes.Contains(head, []byte("\r\n\r\n")) {
			return false, nil
		}
	}
	return true, nil
}
