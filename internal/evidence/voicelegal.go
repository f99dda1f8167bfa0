package evidence

import (
	"strings"

	"aupd/internal/aup"
)

// secrecy and recipients are the words that legal boilerplate is made of, by
// their stems: it speaks of confidence and of whom the mail is for.
var (
	secrecyWords = []string{"confidential", "privileged", "proprietary", "vertraulich", "confidentiel", "confidencial", "riservat", "confidenzial", "vertrouwelijk", "poufn", "конфиденциальн", "конфіденційн", "konfidentiell", "fortrolig",
		"luottamuksell", "důvěrn", "gizli", "bizalmas", "confidențial", "機密", "机密", "保密", "기밀"}
	secrecy    = newStems(secrecyWords...)
	recipients = newStems("intended recipient", "intended solely", "intended only", "solely for the", "only for the use", "addressee", "received this message in error", "received this e-mail in error", "received this email in error", "received it in error",
		"adressat", "empfänger", "irrtümlich", "destinataire", "par erreur", "destinatari", "por error", "por erro", "per errore", "geadresseerde", "adresat", "адресат", "адресован", "avsedd", "mottagare", "mottaker", "modtager",
		"vastaanottaja", "příjemc", "alıcı", "címzett", "宛先", "受信者", "收件人", "수신인",
		// as headings, which speak to whoever reads
		"confidentiality notice:", "confidential notice:", "vertraulichkeitshinweis:", "avis de confidentialité :", "avis de confidentialité:", "aviso de confidencialidad:", "avviso di riservatezza:", "vertrouwelijkheidsclausule:", "klauzula poufności:", "gizlilik bildirimi:")
)

// isLegal reports whether a paragraph is legal boilerplate.
func isLegal(s string) bool {
	const shortest, longest = 60, 4000
	if len(s) < shortest || len(s) > longest {
		return false
	}
	return secrecy.in(s) && recipients.in(s)
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// policyNames and saying are what stands before a quotation of the policy.
var (
	policyNames = []string{"policy", "aup", "terms", "richtlinie", "nutzungsbedingungen", "politique", "conditions", "política", "condiciones", "termos", "informativa", "condizioni", "beleid", "voorwaarden", "regulamin", "polityk", "правил", "политик", "policyn", "ポリシー", "规约", "政策", "정책"}
	saying      = []string{"say", "state", "quote", "read", "prohibit", "forbid", "clause", "section", "lautet", "steht", "heißt", "verbietet", "dit", "stipule", "interdit", "dice", "prohíbe", "diz", "proíbe", "vieta", "zegt", "verbiedt", "mówi", "zabrania", "гласит", "запрещ", "säger", "förbjuder"}
)

// announcesPolicy reports whether s says that the policy's words follow.
func announcesPolicy(s string) bool {
	if !strings.HasSuffix(strings.TrimRight(strings.TrimSpace(s), " \"“"), ":") {
		return false
	}
	s = strings.ToLower(s)
	return containsAny(s, policyNames) && containsAny(s, saying)
}

// telling is how many shingles a paragraph has that is known as a quotation by
// itself.
const telling = 3

// paragraphs marks the disclaimers and the quotations of the policy among the
// paragraphs of the writer's own, and the latter where the writer quotes, too.
func (t *text) paragraphs(policy *PolicyText) {
	announced, least := false, telling
	mayBeLegal := !t.plain && secrecy.in(t.part.Text)
	for i := 0; i < len(t.lines); {
		j := t.paragraph(i)
		if j == i {
			i++
			continue
		}
		s := t.part.Text[t.lines[i].start:t.lines[j-1].end]
		share := 2
		if announced && strings.ContainsAny(s[:min(len(s), 4)], "\"“„«'‘") {
			share = 8 // quoted after "your policy says:", a few of its words are enough
		}
		quoted := false
		switch {
		case t.own(i) && mayBeLegal && isLegal(t.joined(i, j)):
			t.set(i, j, aup.VoiceDisclaimer, 0)
		case policy.quotes(s, share, least):
			t.set(i, j, aup.VoicePolicy, 0)
			quoted = true
		}
		if least = telling; quoted {
			least = 1 // a short item of the list that is quoted
		}
		announced = announcesPolicy(s)
		i = j
	}
}

// paragraph returns the end of the paragraph that begins at line i, of the
// writer's own or quoted by them: i if none does.
func (t *text) paragraph(i int) int {
	v, j := t.lines[i].voice, i
	if v != aup.VoiceOwn && v != aup.VoiceQuote {
		return i
	}
	for j < len(t.lines) && t.lines[j].voice == v && strings.Trim(t.lines[j].text, "> \t") != "" {
		j++
	}
	return j
}

// joined returns the lines from i to j as one.
func (t *text) joined(i, j int) string {
	var s strings.Builder
	for _, l := range t.lines[i:j] {
		s.WriteString(l.text)
		s.WriteByte(' ')
	}
	return s.String()
}
