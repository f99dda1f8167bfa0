package evidence

import (
	"io"

	"aupd/internal/aup"
)

// Options says what a reader may know beyond the message itself. The zero
// value works: nothing is trusted, nothing is asked from the network.
type Options struct {
	// AuthservIDs are the authserv-ids (RFC 8601, 2.5) whose
	// Authentication-Results are believed: those of the operator's own
	// receiving servers.
	AuthservIDs []string
	// Never lists domains, addresses, IP addresses and CIDR blocks that are
	// never the source of abuse, such as the operator's own.
	Never []string
	// OwnDomains are the operator's own mail domains.
	OwnDomains []string
	// LookupTXT resolves DKIM keys; nil turns verification off.
	LookupTXT func(domain string) ([]string, error)
	// PolicyText is the policy's own text, recognised where a report quotes it;
	// nil recognises nothing.
	PolicyText *PolicyText
}

// Parse reads the size bytes of r as a message. It never fails: what could not
// be read is listed in the document's Problems. The result depends on the
// bytes and on opt alone. Safe for concurrent use.
func Parse(r io.ReaderAt, size int64, opt Options) aup.Document {
	b := &builder{opt: opt, raw: r, size: max(size, 0), markup: map[aup.PartID]markup{}}
	b.walk()
	b.bound()
	b.voices()
	b.machines()
	b.indicators()
	b.who()
	b.language()
	return b.doc
}

// A builder makes one document.
type builder struct {
	doc  aup.Document
	opt  Options
	raw  io.ReaderAt // the whole message
	size int64
	// origins has one entry for each of doc.Messages, at the same index.
	origins []origin
	// markup says what the HTML of a part of kind html said about its text.
	markup map[aup.PartID]markup
	text   int    // bytes of text kept so far
	fields int    // header fields kept so far
	opened int    // bytes of files taken apart in memory so far
	nested int    // files taken apart around the one at hand
	meant  int    // how many of the parts are read for what they mean
	plain  []bool // by the index of such a part: it has no tellingWords

	want    wanted // see again.go; of a first reading nothing
	tally   tally
	copying []byte // see copy
}

// An origin is where a message of the document was read from.
type origin struct {
	// header holds the raw header with its line ends as they came, without the
	// empty line; nil for an inline forward.
	header []byte
	// raw reads the whole message as it was sent, from byte 0 to size; nil
	// where it does not exist as such (inline, .msg, TNEF).
	raw  io.ReaderAt
	size int64
}

// A markup is what HTML elements say about ranges of a part's text.
type markup struct {
	quotes     []aup.Range // blockquote and the clients' own quote containers; outermost only
	signatures []aup.Range // the clients' signature containers
}

// bound says how many of the parts are read for what they mean.
func (b *builder) bound() {
	left := maxMeaning
	for ; b.meant < len(b.doc.Parts); b.meant++ {
		p := &b.doc.Parts[b.meant]
		if left -= len(p.Text); left < 0 {
			b.problem("limit", p.ID, "more text than the bound: from here on it was not told whose words it is, nor was it searched for addresses")
			return
		}
	}
}

// problem lists a problem; of many, the first ones are kept.
func (b *builder) problem(kind string, part aup.PartID, detail string) {
	switch n := len(b.doc.Problems); {
	case n < maxProblems-1:
		b.doc.Problems = append(b.doc.Problems, aup.Problem{Kind: kind, Part: part, Detail: detail})
	case n == maxProblems-1:
		b.doc.Problems = append(b.doc.Problems, aup.Problem{Kind: "problems", Detail: "more problems than the bound, the rest is not listed"})
	}
}

// addMessage appends a message with where it came from and returns its index.
func (b *builder) addMessage(m aup.Message, o origin) int {
	b.doc.Messages = append(b.doc.Messages, m)
	b.origins = append(b.origins, o)
	return len(b.doc.Messages) - 1
}
