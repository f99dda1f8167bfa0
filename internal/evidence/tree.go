package evidence

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// A source is a run of bytes that holds a message or a part: the whole mail,
// or a file that was decoded into memory.
type source struct {
	r    io.ReaderAt
	size int64
	// raw is set on the mail itself: offsets in it are offsets in the raw
	// message.
	raw bool
}

// An entity is a header and a body (RFC 2045, 2.4) by their offsets in a
// source: a message, or a part of one.
type entity struct {
	src      *source
	header   []byte // raw, without the empty line
	fields   []field
	kind     contentType
	start    int64 // of the header
	body     int64 // of the body; the end of the header
	end      int64 // of the body, without the line end before a delimiter
	children []*entity
	message  *entity // of a message/rfc822 that is not encoded
	problems []aup.Problem
}

// problem notes a problem once, however often it is met.
func (e *entity) problem(kind, detail string) {
	p := aup.Problem{Kind: kind, Detail: detail}
	if slices.Contains(e.problems, p) {
		return
	}
	e.problems = append(e.problems, p)
}

// reader returns a reader over the still encoded body.
func (e *entity) reader() *io.SectionReader {
	return io.NewSectionReader(e.src.r, e.body, e.end-e.body)
}

// decodedSize returns how long the body is at most when it is decoded.
func (e *entity) decodedSize() int64 {
	if e.kind.encoding == "base64" {
		return (e.end - e.body) / 4 * 3
	}
	return e.end - e.body
}

// isMultipart reports whether the type says multipart, whatever the body does.
func (e *entity) isMultipart() bool { return strings.HasPrefix(e.kind.mediaType, "multipart/") }

// A splitter cuts a source into its tree in one pass. It holds the delimiters
// of all open multiparts, so that a lost closing delimiter costs nothing but
// that one.
type splitter struct {
	src   *source
	in    *lines
	open  []string // "--" and the boundary, outermost first
	tally *tally
}

// A tally counts over all sources of a document what is bounded for it as a
// whole.
type tally struct {
	entities int // entities and files met
	headers  int // bytes of headers kept
}

// A stop is what ended a body.
type stop struct {
	level   int   // of the delimiter in open; -1 at the end of the source
	closing bool  // it is the closing delimiter
	at      int64 // where the body before it ends
}

// split returns the tree of the message or part in src.
func split(src *source, t *tally) *entity {
	s := &splitter{src: src, in: newLines(src.r, src.size), tally: t}
	s.skipEnvelope()
	e, _ := s.entity("text/plain", 0)
	return e
}

// skipEnvelope skips what stores put before a message: empty lines, a byte
// order mark, the mbox separator.
func (s *splitter) skipEnvelope() {
	if bytes.HasPrefix(s.in.peek(), []byte("\xef\xbb\xbf")) {
		s.in.have, s.in.pos = s.in.have[3:], s.in.pos+3
	}
	for {
		line := s.in.peekLine()
		blank := len(line) > 0 && len(chomp(line)) == 0
		if !blank && !isSeparator(line) {
			return
		}
		s.in.next()
	}
}

// skipSeparator skips the mbox separator of a message that was attached as it
// stood in its mailbox.
func (s *splitter) skipSeparator() {
	if isSeparator(s.in.peekLine()) {
		s.in.next()
	}
}

// isSeparator reports whether a line in front of a header is mbox's.
func isSeparator(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// entity reads one entity up to the delimiter that ends it.
func (s *splitter) entity(defaultType string, depth int) (*entity, stop) {
	s.tally.entities++
	e := &entity{src: s.src, start: s.in.pos}
	end, stopped := s.header(e)
	e.body = s.in.pos
	e.kind = entityType(e.fields, defaultType)
	switch {
	case stopped:
		e.body = end.at
	case e.isMultipart() && depth >= maxDepth:
		e.problem("depth", "multiparts nested deeper than the bound were read as text")
		end = s.skip()
	case e.isMultipart():
		end = s.multipart(e, depth)
	case isMessageType(e.kind.mediaType) && depth < maxDepth && s.standsPlain(e):
		s.skipSeparator()
		e.message, end = s.entity("text/plain", depth+1)
	default:
		end = s.skip()
	}
	e.end = max(end.at, e.body)
	return e, end
}

// standsPlain reports whether the message in e is there as it was sent: not
// encoded, or only said to be.
func (s *splitter) standsPlain(e *entity) bool {
	switch e.kind.encoding {
	case "base64", "quoted-printable":
		line := s.in.peekLine()
		if !looksLikeField(line) || bytes.Contains(line, []byte("=3D")) {
			return false
		}
		e.problem("encoding", "the message is not encoded as its header says")
	}
	return true
}

// multipart reads the children of e.
func (s *splitter) multipart(e *entity, depth int) stop {
	boundary := s.boundary(e)
	if boundary == "" {
		return s.skip()
	}
	level := len(s.open)
	s.open = append(s.open, "--"+boundary)
	childType := "text/plain"
	if e.kind.mediaType == "multipart/digest" {
		childType = "message/rfc822"
	}
	end := s.skip() // the preamble
	for end.level == level && !end.closing {
		if s.tally.entities >= maxParts {
			e.problem("parts", "more parts than the bound, the rest was not read")
			end = s.skipPast(level)
			break
		}
		var child *entity
		child, end = s.entity(childType, depth+1)
		e.children = append(e.children, child)
	}
	if end.level == level {
		s.open = s.open[:level]
		return s.skip() // the epilogue
	}
	if end.level >= 0 || level == 0 { // a message that breaks off lacks them all
		e.problem("boundary", "the closing boundary is missing")
	}
	s.open = s.open[:level]
	return end
}

// skipPast skips to the closing delimiter of the given level or to one further
// out.
func (s *splitter) skipPast(level int) stop {
	for {
		if end := s.skip(); end.level < level || end.level == level && end.closing {
			return end
		}
	}
}

// boundary returns the boundary of e: the one it names, or the one its body
// uses when the named one is empty or does not occur. Empty when there is none.
func (s *splitter) boundary(e *entity) string {
	declared := strings.TrimRight(e.kind.params["boundary"], " \t")
	head := s.in.peek()
	if declared != "" && bytes.Contains(head, []byte("--"+declared)) {
		return declared
	}
	used := s.usedBoundary(head)
	switch {
	case used != "":
		e.problem("boundary", "the parts are not separated by the boundary that the header names")
	case int64(len(head)) == s.in.end-s.in.pos || declared == "":
		e.problem("boundary", "no boundary separates the parts")
	default:
		return declared // after a preamble longer than the window
	}
	return used
}

// usedBoundary looks for a line that can only be a delimiter: two hyphens, and
// a part's header right below.
func (s *splitter) usedBoundary(head []byte) string {
	for line := range bytes.Lines(head) {
		head = head[len(line):]
		line = chomp(line)
		if len(line) < 3 || !bytes.HasPrefix(line, []byte("--")) || len(line) > 200 {
			continue
		}
		if level, _ := s.delimiter(line); level < 0 && hasPrefixFold(head, "content-") {
			return string(line[2:])
		}
	}
	return ""
}

// skip moves past the next delimiter of any open multipart.
func (s *splitter) skip() stop {
	for {
		at := s.in.pos - int64(s.in.last)
		line, bol, ok := s.in.next()
		if !ok {
			return stop{level: -1, at: s.in.pos}
		}
		if bol && len(line) > 2 && line[0] == '-' && line[1] == '-' {
			if level, closing := s.delimiter(line); level >= 0 {
				return stop{level, closing, at}
			}
		}
		s.in.skipTo('-')
	}
}

// delimiter returns the level of the open multipart that line delimits, -1 for
// any other line.
func (s *splitter) delimiter(line []byte) (level int, closing bool) {
	line = chomp(line)
	for i := len(s.open) - 1; i >= 0; i-- {
		if rest, ok := bytes.CutPrefix(line, []byte(s.open[i])); ok {
			if len(rest) == 0 || string(rest) == "--" {
				return i, len(rest) > 0
			}
		}
	}
	return -1, false
}
