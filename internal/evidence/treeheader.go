package evidence

import "bytes"

// header reads e's header up to and with the empty line. A delimiter may stop
// it; a line that can be no field either is skipped, or begins the body when
// what follows it is no header either.
func (s *splitter) header(e *entity) (end stop, stopped bool) {
	dropped := false
	for {
		at := s.in.pos - int64(s.in.last)
		if line := s.in.peekLine(); s.in.bol && s.startsBody(e, line) {
			break
		}
		line, bol, ok := s.in.next()
		if !ok {
			break
		}
		if bol && len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if bol && bytes.HasPrefix(line, []byte("--")) {
			if level, closing := s.delimiter(line); level >= 0 {
				e.fields = parseFields(e.header)
				return stop{level, closing, max(at, e.start)}, true
			}
		}
		room := min(maxHeaderBytes-len(e.header), maxHeaders-s.tally.headers)
		dropped = dropped || len(line) > room
		line = line[:min(len(line), room)]
		e.header = append(e.header, line...)
		s.tally.headers += len(line)
	}
	e.fields = parseFields(e.header)
	if len(e.fields) > maxHeaderFields {
		e.fields, dropped = e.fields[:maxHeaderFields], true
	}
	if dropped {
		e.problem("header", "the header is longer than the bound, the rest was not read")
	}
	return stop{}, false
}

// startsBody reports whether line, the next one, is the first of a body that no
// empty line sets off from the header.
func (s *splitter) startsBody(e *entity, line []byte) bool {
	if len(line) == 0 || looksLikeField(line) || line[0] == ' ' || line[0] == '\t' || len(chomp(line)) == 0 {
		return false
	}
	if level, _ := s.delimiter(line); level >= 0 {
		return false
	}
	if len(e.header) > 0 {
		rest := s.in.peek()
		rest = rest[min(len(s.in.peekLine()), len(rest)):]
		if below, _, _ := bytes.Cut(rest, []byte{s.in.eol}); looksLikeField(below) || len(chomp(below)) == 0 {
			e.problem("header", "a line of the header is no field")
			return false
		}
	}
	if len(e.header) > 0 {
		e.problem("header", "no empty line ends the header")
	}
	return true
}
