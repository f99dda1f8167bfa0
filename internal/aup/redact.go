package aup

import "slices"

// Redacted returns r without anything that its message says or that somebody
// wrote about it, tags and measures included: how it was classified, where it stands and who
// worked on it is left. It is what those see of a sealed report who are not
// cleared for it; by what is left out they do not find it either, see
// [Query.AsksContent]. r is not modified.
func (r Report) Redacted() Report {
	r.Subject, r.From, r.MessageID = "", "", ""
	r.Thread, r.Originals, r.Traces = nil, nil, nil
	r.Findings = redactFindings(r.Findings)
	r.Sources = slices.Clone(r.Sources)
	for i := range r.Sources {
		r.Sources[i] = redactSource(r.Sources[i])
	}
	r.Problems = slices.Clone(r.Problems)
	for i := range r.Problems {
		r.Problems[i].Detail = ""
	}
	r.Triage = redactTriage(r.Triage)
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		r.Steps[i].Was = redactTriage(r.Steps[i].Was)
	}
	return r
}

// Redacted returns e, an event of a sealed report or of the near miss that it
// was, as Redacted of the report has it. The document and the keys, which may
// hold a file's name, are left out.
func (e Event) Redacted() Event {
	e.Key = ""
	if e.Received != nil {
		p := *e.Received
		p.Source, p.Document = redactSource(p.Source), Document{}
		e.Received = &p
	}
	if e.Seen != nil {
		e.Seen = &Seen{Source: redactSource(e.Seen.Source)}
	}
	if e.Classified != nil {
		p := *e.Classified
		p.Verdict.Findings = redactFindings(p.Verdict.Findings)
		e.Classified = &p
	}
	if e.Settled != nil {
		p := *e.Settled
		p.Subject, p.Reason = "", ""
		e.Settled = &p
	}
	if e.Action != nil {
		a := *e.Action
		a.Key, a.Reason, a.Taken, a.Add, a.Remove = "", "", nil, nil, nil
		e.Action = &a
	}
	return e
}

// AsksContent reports whether q selects by something that Redacted leaves out.
func (q Query) AsksContent() bool {
	return q.Reporter != "" || q.Indicator != "" || q.Tag != "" || q.Text != "" || q.Among != nil
}

// See returns r as p may see it.
func (p Principal) See(r Report) Report {
	if r.Sealed && !p.May(RightContent) {
		return r.Redacted()
	}
	return r
}

func redactTriage(t Triage) Triage {
	t.StateReason, t.CaseReason, t.Tags = "", "", nil
	if t.Decision != nil {
		d := *t.Decision
		d.Reason, d.Taken = "", nil
		t.Decision = &d
	}
	return t
}

// redactFindings keeps where in the document the reasons lie and what they
// are, without the words: the name of a rule may be one.
func redactFindings(findings []Finding) []Finding {
	out := slices.Clone(findings)
	for i := range out {
		out[i].Spans = slices.Clone(out[i].Spans)
		for j := range out[i].Spans {
			out[i].Spans[j].Text, out[i].Spans[j].Rule = "", ""
		}
	}
	return out
}

// redactSource leaves out the name of a file, which says what is in it; the
// folder of a mailbox does not.
func redactSource(s Source) Source {
	if s.UID == 0 {
		s.Folder = ""
	}
	return s
}
