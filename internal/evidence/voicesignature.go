package evidence

import (
	"regexp"
	"strings"

	"aupd/internal/aup"
)

// mobile is how phones sign.
var mobile = regexp.MustCompile(`(?i)^\W*(sent from my|sent from outlook|sent from yahoo|sent from mail for|sent with|get outlook for|von meinem .{2,20} gesendet|gesendet von|envoyé de mon|envoyé depuis|obtenir outlook|enviado desde mi|enviado do meu|enviado a partir|inviato da|verzonden vanaf|verstuurd vanaf|wysłane z|wysłano z|отправлено с|отправлено из|skickat från|sendt fra|odesláno z|iPhoneから送信|发自我的|從我的|나의 .{2,20}에서 보냄|أرسلت من)`)

// mobileWords begin, in three letters, what mobile knows in ASCII.
var mobileWords = set("sen", "get", "von", "ges", "env", "obt", "inv", "ver", "wys", "ski", "ode", "iph")

// mayMobile reports whether l begins as a line of mobile does. It may say so of
// other lines.
func mayMobile(l string) bool {
	if !isASCII(l) {
		return true
	}
	l = strings.TrimLeftFunc(l, func(r rune) bool { return !isWord(byte(r)) || r == '-' })
	known, _ := lookUp(mobileWords, l[:min(3, len(l))])
	return known
}

// signature marks what stands below the signature delimiter (RFC 3676, 4.3),
// and the line that a mobile client adds.
func (t *text) signature() {
	const longest = 80
	for i := 0; i < len(t.lines); i++ {
		l := t.lines[i].text
		switch {
		case !t.own(i) || len(l) > longest || l == "":
		case l == "--" || l == "-- ":
			for ; i < len(t.lines) && t.own(i); i++ {
				t.set(i, i+1, aup.VoiceSignature, 0)
			}
		case mayMobile(l) && mobile.MatchString(l):
			t.set(i, i+1, aup.VoiceSignature, 0)
		}
	}
}

// closers end a letter; the name follows.
var closers = []string{
	"best regards", "kind regards", "warm regards", "with kind regards", "with best regards", "regards", "best wishes", "best", "sincerely", "yours sincerely", "yours faithfully", "yours truly", "respectfully", "cheers", "many thanks", "thanks", "thank you", "thanks and regards", "thx",
	"mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichem gruß", "mit besten grüßen", "freundliche grüße", "freundliche grüsse", "viele grüße", "beste grüße", "schöne grüße", "hochachtungsvoll", "mfg", "vg", "lg", "gruß", "grüße", "danke", "vielen dank",
	"cordialement", "bien cordialement", "bien à vous", "sincères salutations", "salutations distinguées", "salutations", "respectueusement", "merci", "merci d'avance",
	"saludos", "un saludo", "saludos cordiales", "atentamente", "muy atentamente", "cordialmente", "gracias", "muchas gracias", "atenciosamente", "cumprimentos", "com os melhores cumprimentos", "obrigado", "obrigada", "att",
	"cordiali saluti", "distinti saluti", "un cordiale saluto", "saluti", "grazie", "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "groeten", "hoogachtend", "mvg", "bedankt",
	"z poważaniem", "pozdrawiam", "pozdrawiamy", "z wyrazami szacunku", "dziękuję", "с уважением", "спасибо", "med vänlig hälsning", "med vänliga hälsningar", "vänliga hälsningar", "vänligen", "hälsningar", "mvh", "tack", "med vennlig hilsen", "vennlig hilsen", "med venlig hilsen", "venlig hilsen", "hilsen", "takk", "tak",
	"ystävällisin terveisin", "terveisin", "s pozdravem", "děkuji", "saygılarımla", "saygılarımızla", "iyi çalışmalar", "teşekkürler", "üdvözlettel", "tisztelettel", "cu stimă", "敬具", "よろしくお願いいたします", "よろしくお願いします", "以上", "此致", "敬礼", "谢谢", "謝謝", "감사합니다", "مع التحية", "с повагою", "με εκτίμηση", "בברכה",
}

var closerLines = set(closers...)

// closing marks a closing phrase on a line of its own and the few short lines
// of name and office below it. More, or longer, is no signature: what a report
// says after its thanks stays the reporter's own.
func (t *text) closing() {
	const mostLines, longest, longestCloser = 8, 70, 50
	for i := range t.lines {
		l := t.lines[i].text
		if !t.own(i) || l == "" || len(l) > longestCloser || !closes(l) || !t.wordsAbove(i) {
			continue
		}
		j, n := i+1, 0
		for ; j < len(t.lines) && t.own(j); j++ {
			if t.blank(j) {
				continue
			}
			n++
			if w := t.lines[j].text; n > mostLines || len([]rune(w)) > longest || len(strings.Fields(w)) > mostLines || strings.HasSuffix(w, "?") {
				break
			}
		}
		if j == len(t.lines) || !t.own(j) {
			t.set(i, j, aup.VoiceSignature, 0)
		}
	}
}

// closes reports whether l is nothing but a closing phrase.
func closes(l string) bool {
	known, _ := lookUp(closerLines, strings.Trim(l, " \t,.!;-、。，"))
	return known
}

// wordsAbove reports whether the writer says anything before line i.
func (t *text) wordsAbove(i int) bool {
	for j := i - 1; j >= 0; j-- {
		if t.own(j) && !t.blank(j) {
			return true
		}
	}
	return false
}
