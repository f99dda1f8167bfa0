package classify

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"
)

// where says whose words a zone holds, as rules name it.
type where string

const (
	own      where = "own"      // the reporter's own words and subject
	original where = "original" // of what is reported: forwarded, attached
	pasted   where = "pasted"   // below own words that say a message follows: maybe its text, maybe their own
	quoted   where = "quoted"   // earlier mail
	notice   where = "notice"   // an original that is a report itself, passed on
	machine  where = "machine"  // logs, machines' fields
	headers  where = "headers"  // header fields
)

// A zone is a stretch of one part in one voice.
type zone struct {
	part    aup.PartID
	where   where
	subject bool
	factor  float64 // how much what is found here counts
	base    int     // offset of the zone in the part's text
	raw     string
	folded  folded
	ends    []int // of its sentences, in the folded text
	hits    []hit
	// present are the concepts of the hits, sentences those of each: see gather.
	present   set
	sentences []sentence
}

// How much what is found in a zone counts. The reporter says what happened;
// what they forward shows it; earlier mail was dealt with before.
var factors = map[where]float64{own: 1, original: 0.8, notice: 0.9, pasted: 0.9, quoted: 0.3, machine: 0.7, headers: 0.3}

// maxZone bounds how much of one zone is looked at, and maxZones of all: what
// a report is about stands at its beginning, or in every line.
const (
	maxZone = 256 << 10
	maxRead = 1 << 20
)

// zonesOf returns the zones of doc in reading order. Signatures, disclaimers,
// quotations of the policy, repeated alternatives, and text that a reader of
// the mail does not see are left out.
func zonesOf(doc *aup.Document) []zone {
	var out []zone
	left := maxRead
	add := func(p *aup.Part, r aup.Range, w where) {
		r.Start, r.End = max(r.Start, 0), min(r.End, len(p.Text))
		if r.End-r.Start > maxZone {
			r.End = r.Start + maxZone
		}
		if r.Start >= r.End || left <= 0 || strings.TrimSpace(p.Text[r.Start:r.End]) == "" {
			return
		}
		left -= r.End - r.Start
		z := zone{part: p.ID, where: w, subject: p.Kind == aup.PartSubject, factor: factors[w], base: r.Start, raw: p.Text[r.Start:r.End]}
		z.folded = fold(z.raw)
		z.ends = z.folded.sentences()
		out = append(out, z)
	}
	for i := range doc.Parts {
		p := &doc.Parts[i]
		if p.Alternative {
			continue
		}
		hidden := p.Hidden
		if p.Kind == aup.PartSubject {
			hidden = selecting(p.Text)
		}
		dull := append(footers(p.Text), emptyRows(p.Text)...)
		slices.SortFunc(dull, func(a, b aup.Range) int { return cmp.Compare(a.Start, b.Start) })
		for _, s := range segments(p) {
			w, ok := whereOf(doc, p, s)
			if !ok {
				continue
			}
			for _, r := range visible(s.Range, hidden) {
				for _, r := range visible(r, dull) {
					add(p, r, w)
				}
			}
		}
	}
	return out
}

// selectingWords stand in the subject of every report, so they say nothing of it.
var selectingWords = regexp.MustCompile(`(?i)acceptable\s+use\s+policy`)

func selecting(subject string) []aup.Range {
	var out []aup.Range
	for _, r := range selectingWords.FindAllStringIndex(subject, -1) {
		out = append(out, aup.Range{Start: r[0], End: r[1]})
	}
	return out
}

func segments(p *aup.Part) []aup.Segment {
	if len(p.Segments) > 0 {
		return p.Segments
	}
	return []aup.Segment{{Range: aup.Range{End: len(p.Text)}, Voice: aup.VoiceOwn}}
}

// whereOf returns where a segment belongs, and false when it is left out.
func whereOf(doc *aup.Document, p *aup.Part, s aup.Segment) (where, bool) {
	switch s.Voice {
	case aup.VoiceSignature, aup.VoiceDisclaimer, aup.VoicePolicy:
		// A message that is nothing else is not to be left out whole.
		return original, p.Message > 0 && len(strings.TrimSpace(p.Text)) <= s.End-s.Start
	case aup.VoiceHeaders:
		return headers, true
	case aup.VoiceLog:
		return machine, true
	case aup.VoiceForward, aup.VoiceForwardHeader:
		return original, true
	case aup.VoiceQuote:
		// What a mail quotes that answers nothing is not earlier mail but what its
		// writer passes on.
		if p.Message == 0 && answers(&doc.Messages[0]) {
			return quoted, true
		}
		return original, true
	}
	switch {
	case p.Kind == aup.PartHeaders:
		return headers, true
	case p.Kind == aup.PartMachine, p.Kind == aup.PartAttachment:
		return machine, true
	case p.Message > 0 && p.Message < len(doc.Messages):
		return original, true
	}
	return own, true
}

// visible returns what of r is not hidden. hidden is in order.
func visible(r aup.Range, hidden []aup.Range) []aup.Range {
	var out []aup.Range
	for _, h := range hidden {
		if h.End <= r.Start || h.Start >= r.End {
			continue
		}
		if h.Start > r.Start {
			out = append(out, aup.Range{Start: r.Start, End: h.Start})
		}
		r.Start = h.End
	}
	if r.Start < r.End {
		out = append(out, r)
	}
	return out
}

// noticeFrom is how many different phrases make an original a notice.
const noticeFrom = 2

// notices finds the originals that are reports themselves, such as a notice
// of infringement that somebody passes on: what they say counts as reported.
func notices(v *vocabulary, zones []zone) {
	phrases := make(map[aup.PartID][]int)
	concept := v.concept("notice")
	for i := range zones {
		z := &zones[i]
		for _, h := range z.hits {
			if seen := phrases[z.part]; z.where == original && h.concept == concept && !slices.Contains(seen, h.phrase) {
				phrases[z.part] = append(seen, h.phrase)
			}
		}
	}
	for i := range zones {
		if z := &zones[i]; z.where == original && len(phrases[z.part]) >= noticeFrom {
			z.where, z.factor = notice, factors[notice]
		}
	}
}

// posted marks the report's own words as those of a post to a mailing list, which
// are no reporter's unless they ask for action, or may concern a child.
func posted(v *vocabulary, zones []zone) {
	asking := []int{v.concept("grievance"), v.concept("complaint"), v.concept("csam"), v.concept("exploit-minors")}
	asks := func(z zone) bool {
		return z.where == own && slices.ContainsFunc(z.hits, func(h hit) bool {
			return !h.denied && slices.Contains(asking, h.concept)
		})
	}
	if slices.ContainsFunc(zones, asks) {
		return
	}
	for i := range zones {
		if z := &zones[i]; z.where == own {
			z.where, z.factor = original, factors[original]
		}
	}
}

// handedOver cuts the reporter's text in two where a ruled line stands below
// their first words: what follows is the text of the message that they pass on.
// So it may be where they say that a message follows. Then nothing marks its
// beginning but the empty line after those words.
func handedOver(v *vocabulary, zones []zone) []zone {
	concept := v.concept("message-below")
	for i := range zones {
		z := &zones[i]
		if z.where != own || z.subject {
			continue
		}
		if from, to := ruledLine(z.raw); from < to && len(strings.TrimSpace(z.raw[to:])) >= pastedFrom {
			return slices.Concat(zones[:i], z.cut(v, from, to, original), zones[i+1:])
		}
		at := slices.IndexFunc(z.hits, func(h hit) bool { return h.concept == concept && h.start < handOverIn })
		if at < 0 {
			continue
		}
		from, _ := z.folded.original(z.hits[at].end, z.hits[at].end)
		n := strings.Index(z.raw[from:], "\n\n")
		if n < 0 || len(strings.TrimSpace(z.raw[from+n:])) < pastedFrom {
			continue
		}
		return slices.Concat(zones[:i], z.cut(v, from+n, from+n, pasted), zones[i+1:])
	}
	return zones
}

const (
	ruledIn    = 600 // bytes at the beginning of a report in which a ruled line ends the reporter's words
	handOverIn = 250 // bytes at the beginning of a report in which it says that a message follows
	pastedFrom = 40  // bytes that a message has at least
)

// ruledLine returns the range of the first line at the beginning of s that is
// only a rule, such as "-----", with text above it; empty if there is none. A
// rule as long as the line that it stands under underlines a heading.
func ruledLine(s string) (start, end int) {
	above := ""
	for from := 0; from < min(len(s), ruledIn); {
		line, _, more := strings.Cut(s[from:], "\n")
		rule := strings.TrimSpace(line)
		if len(rule) >= 4 && strings.Trim(rule, "-_=*~") == "" && strings.TrimSpace(s[:from]) != "" && utf8.RuneCountInString(above) != len(rule) {
			return from, from + len(line)
		}
		if !more {
			break
		}
		above = rule
		from += len(line) + 1
	}
	return 0, 0
}

// cut returns what of z stands before an offset, which is the reporter's own, and
// what stands after another one, which is not.
func (z *zone) cut(v *vocabulary, before, after int, w where) []zone {
	out := []zone{z.piece(0, before, own), z.piece(after, len(z.raw), w)}
	v.match(out)
	return out
}

// piece returns the part of z from start to end as a zone of its own.
func (z *zone) piece(start, end int, w where) zone {
	out := zone{part: z.part, where: w, factor: factors[w], base: z.base + start, raw: z.raw[start:end]}
	out.folded = fold(out.raw)
	out.ends = out.folded.sentences()
	return out
}
