package evidence

import (
	"strings"

	"aupd/internal/aup"
)

// machines recognises what programs wrote, and reads its fields.
func (b *builder) machines() {
	xarf := false
	for i := range b.doc.Parts {
		p := &b.doc.Parts[i]
		switch {
		case p.MediaType == "message/feedback-report":
			b.fieldReport("arf", "Feedback-Type", p)
		case p.MediaType == "message/delivery-status" || p.MediaType == "message/global-delivery-status":
			b.fieldReport("dsn", "Action", p)
		case p.MediaType == "message/disposition-notification" || p.MediaType == "message/global-disposition-notification":
			b.fieldReport("mdn", "Disposition", p)
		case p.Kind == aup.PartMachine || p.Kind == aup.PartAttachment || p.Kind == aup.PartText:
			if b.xarf(p) {
				xarf = true
			} else if p.Kind == aup.PartAttachment {
				b.csv(p)
			}
		}
	}
	if !xarf && orElse(b.reportField("X-XARF"), b.reportField("X-ARF")) != "" {
		b.problem("machine", "", "the header says that this is an X-ARF report, no part is one that can be read")
	}
	b.dmarc()
	b.automatic()
	b.notices()
}

// reportField returns a field of the report's own header.
func (b *builder) reportField(name string) string {
	for _, f := range b.doc.Messages[0].Header {
		if strings.EqualFold(f.Name, name) {
			return strings.TrimSpace(f.Value)
		}
	}
	return ""
}

// autoSubjects begin the subjects of automatic answers.
var autoSubjects = []string{
	"automatic reply", "auto reply", "auto-reply", "autoreply", "out of office", "out of the office", "vacation reply", "automatische antwort", "abwesenheitsnotiz", "abwesend:", "abwesenheit", "réponse automatique", "absence du bureau", "absent du bureau",
	"respuesta automática", "fuera de la oficina", "resposta automática", "risposta automatica", "fuori ufficio", "automatisch antwoord", "afwezig", "automatyczna odpowiedź", "autosvar", "automatiskt svar", "automatisk svar", "автоответ", "автоматический ответ",
	"automatická odpověď", "otomatik yanıt", "自動返信", "自动回复", "自動回覆", "부재중", "자동 회신", "رد تلقائي", "automaattinen vastaus",
}

// automatic recognises automatic answers (RFC 3834, 5) and list mail (RFC 2919)
// by the report's own header.
func (b *builder) automatic() {
	add := func(format, field, value string) {
		b.doc.Machine = append(b.doc.Machine, aup.Machine{Format: format, Type: strings.ToLower(value), Fields: []aup.Field{{Name: field, Value: value}}})
	}
	if field, value := b.answer(); field != "" {
		add("auto-reply", field, value)
	}
	for _, name := range []string{"List-Id", "List-Post"} {
		if v := b.reportField(name); v != "" {
			add("list", name, v)
			return
		}
	}
}

// answer returns the field that marks the report as an automatic answer. A
// machine that reports by itself says auto-generated: that is no answer.
func (b *builder) answer() (field, value string) {
	for _, name := range []string{"Auto-Submitted", "X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Autoresponder"} {
		v := b.reportField(name)
		if v != "" && !strings.EqualFold(v, "no") && !strings.HasPrefix(strings.ToLower(v), "auto-generated") {
			return name, v
		}
	}
	if v := strings.ToLower(b.reportField("Precedence")); v == "auto_reply" || v == "auto-reply" {
		return "Precedence", v
	}
	subject := strings.ToLower(b.doc.Messages[0].Subject)
	for _, s := range autoSubjects {
		if strings.HasPrefix(subject, s) {
			return "Subject", s
		}
	}
	return "", ""
}

// dmarc recognises an aggregate report by its subject (RFC 7489, 7.2.1.1).
func (b *builder) dmarc() {
	subject := b.doc.Messages[0].Subject
	domain, rest, ok := cutFold(subject, "report domain:")
	if !ok || strings.TrimSpace(domain) != "" {
		return
	}
	domain, rest, ok = cutFold(rest, "submitter:")
	if !ok {
		return
	}
	submitter, id, _ := cutFold(rest, "report-id:")
	b.doc.Machine = append(b.doc.Machine, aup.Machine{Format: "dmarc", Type: "aggregate", Fields: []aup.Field{
		{Name: "Report Domain", Value: strings.TrimSpace(domain)}, {Name: "Submitter", Value: strings.TrimSpace(submitter)}, {Name: "Report-ID", Value: strings.TrimSpace(id)},
	}})
}

// cutFold cuts s around sep, which is in lower-case ASCII, in any case.
func cutFold(s, sep string) (before, after string, ok bool) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sep)], sep) {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}
