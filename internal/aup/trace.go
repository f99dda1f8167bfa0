package aup

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// The bounds of what a report is linked to others by: more than these are a
// list that somebody made, not what one report is about.
const (
	maxTraces    = 100
	maxThread    = 20
	maxOriginals = 20
	// minOriginal is the number of bytes of text from which an original is
	// told from others: two short ones are equal by chance.
	minOriginal = 40
)

// thread returns the ids of the messages that m answers, the nearest first,
// none twice.
func thread(m Message) []string {
	all := slices.Clone(m.References)
	slices.Reverse(all)
	all = append(slices.Clone(m.InReplyTo), all...)
	var out []string
	for _, id := range all {
		if id != "" && id != m.MessageID && !slices.Contains(out, id) && len(out) < maxThread {
			out = append(out, id)
		}
	}
	return out
}

// traces returns the indicators of d, each kind and value once with its most
// telling role, sources first.
func traces(d *Document) []Trace {
	order := []Role{RoleSource, RoleTarget, RoleRelay, RoleMention, RoleReporter}
	best := make(map[[2]string]Trace)
	for _, in := range d.Indicators {
		k := [2]string{string(in.Kind), in.Value}
		old, ok := best[k]
		if !ok || slices.Index(order, in.Role) < slices.Index(order, old.Role) {
			best[k] = Trace{Kind: in.Kind, Value: in.Value, Role: in.Role}
		}
	}
	var out []Trace
	for _, t := range best {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Trace) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Role), slices.Index(order, b.Role)),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), maxTraces)]
}

// originals returns a digest for each message that d passes on, over the words
// of its text, in order, none twice.
func originals(d *Document) []string {
	words := make([]strings.Builder, len(d.Messages))
	for _, p := range d.Parts {
		if p.Kind == PartSubject || p.Alternative {
			continue
		}
		if p.Message > 0 && p.Message < len(words) {
			words[p.Message].WriteString(p.Text + "\n")
		}
		for _, s := range p.Segments {
			if s.Voice == VoiceForward && s.Message > 0 && s.Message < len(words) && s.Message != p.Message {
				words[s.Message].WriteString(p.Text[s.Start:s.End] + "\n")
			}
		}
	}
	var out []string
	for i := range words {
		text := strings.Join(strings.Fields(words[i].String()), " ")
		if len(text) < minOriginal {
			continue
		}
		sum := sha256.Sum256([]byte(text))
		if id := hex.EncodeToString(sum[:12]); !slices.Contains(out, id) && len(out) < maxOriginals {
			out = append(out, id)
		}
	}
	return out
}

// actOn is the order in which kinds of traces are acted on: what is blocked or
// taken down first.
var actOn = []IndicatorKind{IndicatorDomain, IndicatorMailServer, IndicatorIP, IndicatorCIDR, IndicatorURL, IndicatorEmail, IndicatorWallet, IndicatorFileHash}

// Suspects returns the traces that the abuse came from, as the message has it,
// those to act on first. A URL is left out whose host is among them. nil when
// the message names none.
func (r Report) Suspects() []Trace {
	var out []Trace
	for _, t := range r.Traces {
		if t.Role == RoleSource && !r.hostNamed(t) {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b Trace) int { return slices.Index(actOn, a.Kind) - slices.Index(actOn, b.Kind) })
	return out
}

// hostNamed reports whether t is a URL whose host is a source of its own.
func (r Report) hostNamed(t Trace) bool {
	if t.Kind != IndicatorURL {
		return false
	}
	u, err := url.Parse(t.Value)
	return err == nil && slices.ContainsFunc(r.Traces, func(h Trace) bool {
		return h.Role == RoleSource && h.Kind != IndicatorURL && h.Value == u.Hostname()
	})
}
