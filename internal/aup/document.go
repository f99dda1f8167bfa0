package aup

import "time"

// A Document is what evidence read in a mail. It is a pure function of the raw
// bytes and the reader's options, and it is recorded with the report, so that
// spans keep pointing at the text they were found in.
type Document struct {
	// Messages holds the report's own message first, then every original in
	// the order in which they begin. Never empty.
	Messages []Message `json:"messages"`
	// Parts holds every stretch of decoded text, in reading order: for each
	// message its subject, then its body parts.
	Parts       []Part       `json:"parts"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Indicators  []Indicator  `json:"indicators,omitempty"`
	Machine     []Machine    `json:"machine,omitempty"`
	// Language is the BCP 47 tag of the reporter's own words, empty when it
	// cannot be told reliably.
	Language string    `json:"language,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
}

// Part returns the part with the given id, and whether there is one.
func (d *Document) Part(id PartID) (*Part, bool) {
	for i := range d.Parts {
		if d.Parts[i].ID == id {
			return &d.Parts[i], true
		}
	}
	return nil, false
}

// A Message is the report itself or an original: a message that it carries,
// attached or within its text. Fields are decoded, folded white space is one
// space, and what the message does not have is empty.
type Message struct {
	// Parent is the index in Document.Messages of the message that this one
	// lies in; -1 for the report itself, which has index 0.
	Parent int    `json:"parent"`
	Via    Via    `json:"via"`
	Path   PartID `json:"path,omitempty"` // the part that it is (attached) or lies in (inline)

	Subject    string    `json:"subject,omitempty"`
	From       []Address `json:"from,omitempty"`
	ReplyTo    []Address `json:"reply_to,omitempty"`
	Sender     []Address `json:"sender,omitempty"`
	To         []Address `json:"to,omitempty"`
	Cc         []Address `json:"cc,omitempty"`
	ReturnPath string    `json:"return_path,omitempty"`
	Date       time.Time `json:"date,omitzero"`
	DateText   string    `json:"date_text,omitempty"` // as written, when Date could not be read from it
	MessageID  string    `json:"message_id,omitempty"`
	InReplyTo  []string  `json:"in_reply_to,omitempty"`
	References []string  `json:"references,omitempty"`
	// Header holds the fields in their order in the message, decoded, within
	// evidence's bounds.
	Header []Field `json:"header,omitempty"`
	// Auth is what could be verified about who sent this message.
	Auth []AuthResult `json:"auth,omitempty"`
}

// Via says how a message came into the document.
type Via string

// The ways in which a message comes into a document.
const (
	ViaMail   Via = "mail"   // the report itself
	ViaRFC822 Via = "rfc822" // message/rfc822, message/global, or a text/rfc822-headers part
	ViaFile   Via = "file"   // a .eml file attached under another type
	ViaMbox   Via = "mbox"   // from an attached mbox
	ViaMSG    Via = "msg"    // an Outlook .msg file
	ViaTNEF   Via = "tnef"   // winmail.dat
	ViaInline Via = "inline" // forwarded within the text
)

// An Address is a mailbox of an address field (RFC 5322, 3.4).
type Address struct {
	Name string `json:"name,omitempty"`
	Addr string `json:"addr,omitempty"`
}

// String returns the address as people write it.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Addr
	case a.Addr == "":
		return a.Name
	}
	return a.Name + " <" + a.Addr + ">"
}

// A Field is one name with its value: of a header, or of a machine's report.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An AuthResult is one method's result about who sent a message (RFC 8601,
// 2.2): from an Authentication-Results field of a trusted authserv-id, or from
// our own verification.
type AuthResult struct {
	Method string `json:"method"` // dkim, spf, dmarc, forged
	Result string `json:"result"` // pass, fail, none, …
	Detail string `json:"detail,omitempty"`
	By     string `json:"by"` // the authserv-id, or "aupd"
}

// A PartID names a part within its document: "subject" or a section number as
// of RFC 9051, 6.4.5 ("1", "2.1"), followed for the subject of an attached
// original by "/subject", and for text made out of a part by "/" and what it
// was made from ("2/tnef.body").
type PartID string

// SubjectPart is the id of the report's own subject.
const SubjectPart PartID = "subject"

// PartKind says what the text of a part is.
type PartKind string

// The kinds of part.
const (
	PartSubject    PartKind = "subject"    // a message's decoded subject
	PartText       PartKind = "text"       // a text/plain body
	PartHTML       PartKind = "html"       // the text of a text/html body
	PartAttachment PartKind = "attachment" // the text of an attached text file: log, CSV
	PartMachine    PartKind = "machine"    // a part that a program wrote for a program: feedback-report, delivery-status, xarf
	PartHeaders    PartKind = "headers"    // text/rfc822-headers
)

// A Part is a stretch of decoded text and what is known of it.
type Part struct {
	ID        PartID   `json:"id"`
	Message   int      `json:"message"` // the index in Document.Messages of the message whose part it is
	Kind      PartKind `json:"kind"`
	MediaType string   `json:"media_type,omitempty"`
	Charset   string   `json:"charset,omitempty"` // as used to decode it
	Name      string   `json:"name,omitempty"`    // of the attachment
	// Text is valid UTF-8 with \n line ends. For HTML it is what a reader
	// sees, and what is hidden from them as well (see Hidden).
	Text string `json:"text"`
	// Alternative is set on a part that says again what an earlier part of the
	// same multipart/alternative says: readers leave it out, and findings in
	// it are not counted twice.
	Alternative bool `json:"alternative,omitempty"`
	// Segments says whose words the text is. They cover Text whole, in order,
	// without overlap; nil stands for one segment of the message's own words.
	Segments []Segment `json:"segments,omitempty"`
	Hidden   []Range   `json:"hidden,omitempty"` // what a reader of the HTML does not see
	Links    []Link    `json:"links,omitempty"`  // of HTML
	// RawStart and RawEnd bound the part's still encoded body in the raw
	// message; both are 0 where it does not stand there as such.
	RawStart int64 `json:"raw_start,omitempty"`
	RawEnd   int64 `json:"raw_end,omitempty"`
	// Truncated is set when the text was longer than the bound.
	Truncated bool `json:"truncated,omitempty"`
}

// A Range is a stretch of a part's text in bytes, half open.
type Range struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// A Link is an HTML link: the range of the text shown, and where it leads.
type Link struct {
	Range
	Href string `json:"href"`
}

// Voice says whose words a stretch of text is.
type Voice string

// The voices. The writer of a part is the sender of the part's message; for
// parts of message 0 that is the reporter.
const (
	VoiceOwn           Voice = "own"            // the writer's own words
	VoiceQuote         Voice = "quote"          // earlier mail, quoted
	VoiceForwardHeader Voice = "forward-header" // the header block of an inline forward
	VoiceForward       Voice = "forward"        // the body of an inline forward
	VoiceHeaders       Voice = "headers"        // pasted header fields
	VoiceLog           Voice = "log"            // pasted log lines or a machine's rows
	VoiceSignature     Voice = "signature"
	VoiceDisclaimer    Voice = "disclaimer" // legal boilerplate
	VoicePolicy        Voice = "policy"     // the policy's own text, quoted
)

// A Segment is a range of a part's text with its voice.
type Segment struct {
	Range
	Voice Voice `json:"voice"`
	// Message is the index in Document.Messages of the inline forward that a
	// forward or forward-header segment belongs to; 0 otherwise.
	Message int `json:"message,omitempty"`
}

// An Attachment is a part that is no body text, or is more than that.
type Attachment struct {
	Path      PartID `json:"path"`
	Message   int    `json:"message"`
	Name      string `json:"name,omitempty"` // as the sender wrote it: never a path to open
	MediaType string `json:"media_type,omitempty"`
	Size      int64  `json:"size"` // decoded, in bytes
	SHA256    Hash   `json:"sha256"`
	Inline    bool   `json:"inline,omitempty"`
	// Unread says why the content was not examined ("encrypted", "image",
	// "archive", "PDF", "over the bound"); empty when it was.
	Unread string `json:"unread,omitempty"`
}

// IndicatorKind says what an indicator is.
type IndicatorKind string

// The kinds of indicator.
const (
	IndicatorIP         IndicatorKind = "ip"
	IndicatorCIDR       IndicatorKind = "cidr"
	IndicatorDomain     IndicatorKind = "domain"
	IndicatorMailServer IndicatorKind = "mailserver"
	IndicatorURL        IndicatorKind = "url"
	IndicatorEmail      IndicatorKind = "email"
	IndicatorFileHash   IndicatorKind = "hash"
	IndicatorWallet     IndicatorKind = "wallet"
)

// Role says what part an indicator plays in what is reported.
type Role string

// The roles of an indicator.
const (
	RoleSource   Role = "source"   // where the abuse comes from
	RoleTarget   Role = "target"   // whom it hit
	RoleReporter Role = "reporter" // the reporter's own
	RoleRelay    Role = "relay"    // passed it on
	RoleMention  Role = "mention"  // only named
)

// An Indicator is something that can be looked up or blocked.
type Indicator struct {
	Kind  IndicatorKind `json:"kind"`
	Value string        `json:"value"` // refanged and normalised
	Port  uint16        `json:"port,omitempty"`
	Time  time.Time     `json:"time,omitzero"` // when it was seen doing it, where the text says so
	Role  Role          `json:"role"`
	Part  PartID        `json:"part"`
	Range               // as it stands in the part's text
	Why   string        `json:"why,omitempty"` // why it has this role
}

// A Machine is a notice in a form that programs write, with its typed fields.
type Machine struct {
	// Format is one of arf, xarf, dsn, mdn, auto-reply, list, dmarc, fail2ban,
	// blocklist, honeypot, notice, csv.
	Format string `json:"format"`
	// Type is the format's own word for what it reports: an ARF Feedback-Type,
	// an X-ARF category and type ("abuse/spam"), a DSN action.
	Type   string  `json:"type,omitempty"`
	Part   PartID  `json:"part,omitempty"` // where it stands; empty for header fields
	Fields []Field `json:"fields,omitempty"`
}

// A Problem is something about a message that could not be read as it should.
type Problem struct {
	Kind   string `json:"kind"` // a short stable word: "charset", "boundary", "truncated", …
	Part   PartID `json:"part,omitempty"`
	Detail string `json:"detail,omitempty"`
}
