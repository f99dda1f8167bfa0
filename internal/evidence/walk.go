package evidence

import "aupd/internal/aup"

// walk reads the whole message into b.doc.
func (b *builder) walk() {
	b.addMessage(aup.Message{Parent: -1, Via: aup.ViaMail}, origin{raw: b.raw, size: b.size})
}
