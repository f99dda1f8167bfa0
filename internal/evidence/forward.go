package evidence

import (
	"regexp"
	"strings"

	"aupd/internal/aup"
)

// forwardSubject is how clients mark the subject of a forward.
var forwardSubject = regexp.MustCompile(`(?i)^\s*(\[[^\]]*\]\s*)?((re|aw|sv|antw)\s*:\s*)*(fwd?|wg|tr|rv|enc|i|doorst|pd|vb|vs|vl|ynt|ilet|转发|轉寄|전달|転送|пересл|preposl|továbbítás|πρθ)\s*[:：]`)

func isForward(subject string) bool { return forwardSubject.MatchString(subject) }

// marker is the line that a client puts above a forwarded message.
var marker = regexp.MustCompile(`(?i)^[\s>]*([-_=*]{2,}\s*)?(begin forwarded message|forwarded message( from .{1,200})?|original message|forwarded by|weitergeleitete nachricht|anfang der weitergeleiteten (nachricht|e-mail)|ursprüngliche nachricht|message transféré|début du message (réexpédié|transféré)|message d'origine|courriel original|mensaje reenviado|inicio del mensaje reenviado|mensaje original|mensagem encaminhada|início da mensagem encaminhada|mensagem original|messaggio inoltrato|inizio messaggio inoltrato|messaggio originale|doorgestuurd bericht|begin doorgestuurd bericht|oorspronkelijk bericht|wiadomość przekazana|przekazana wiadomość|wiadomość oryginalna|пересылаемое сообщение|перенаправленное сообщение|исходное сообщение|начало переадресованного сообщения|iletilen mesaj|iletilmiş mesaj|orijinal mesaj|転送されたメッセージ|転送メール|元のメッセージ|原始郵件|原始邮件|转发的邮件|轉寄的郵件|已转发邮件|전달된 메일|전달된 메시지|원본 메시지|رسالة معاد توجيهها|الرسالة الأصلية|vidarebefordrat meddelande|ursprungligt meddelande|videresendt melding|videresendt besked|opprinnelig melding|välitetty viesti|alkuperäinen viesti|přeposlaná zpráva|původní zpráva|továbbított üzenet|eredeti üzenet|mesaj redirecționat|mesaj original|προωθημένο μήνυμα|пересланe повідомлення|הודעה שהועברה|pesan yang diteruskan|thư được chuyển tiếp|tin nhắn được chuyển tiếp)\s*[:：]?\s*[-_=*]*\s*$`)

// endMarker ends a message forwarded by mutt and its kin.
var endMarker = regexp.MustCompile(`(?i)^[\s>]*-{2,}\s*end (of )?forwarded message\s*-*\s*$`)

// rule is the line that Outlook draws above a message.
var ruled = regexp.MustCompile(`^\s*_{8,}\s*$`)

// labels are the names that clients give to the fields of a forwarded message,
// each with the field that it stands for.
var labels = byLabel(map[string][]string{
	"from":     {"from", "von", "de", "da", "van", "od", "от", "от кого", "kimden", "gönderen", "差出人", "送信者", "发件人", "寄件者", "寄件人", "發件人", "보낸 사람", "보낸사람", "من", "från", "fra", "lähettäjä", "feladó", "expeditor", "de la", "από", "від", "מאת", "dari", "từ", "expéditeur", "remitente", "remetente", "mittente", "afzender", "nadawca", "отправитель"},
	"date":     {"date", "sent", "datum", "gesendet", "envoyé", "date d'envoi", "fecha", "enviado", "enviado el", "data", "enviada em", "enviado em", "inviato", "data invio", "verzonden", "wysłano", "дата", "отправлено", "tarih", "gönderme tarihi", "gönderildi", "日時", "送信日時", "日付", "日期", "发送时间", "寄件日期", "傳送日期", "時間", "时间", "날짜", "보낸 날짜", "التاريخ", "تاريخ الإرسال", "skickat", "sendt", "dato", "lähetetty", "päivämäärä", "odesláno", "elküldve", "dátum", "trimis", "στάλθηκε", "ημερομηνία", "надіслано", "תאריך", "נשלח", "tanggal", "ngày", "đã gửi"},
	"subject":  {"subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "temat", "тема", "konu", "件名", "主题", "主題", "主旨", "제목", "الموضوع", "ämne", "emne", "aihe", "předmět", "tárgy", "subiect", "θέμα", "נושא", "subjek", "perihal", "chủ đề", "tiêu đề"},
	"to":       {"to", "an", "à", "a", "para", "aan", "do", "кому", "kime", "alıcı", "宛先", "收件人", "收件者", "받는 사람", "받는사람", "إلى", "till", "til", "vastaanottaja", "komu", "címzett", "către", "προς", "אל", "kepada", "đến", "destinataire", "empfänger"},
	"cc":       {"cc", "kopie", "copie", "copia", "cópia", "dw", "копия", "bilgi", "抄送", "참조", "نسخة", "kopia", "副本"},
	"reply-to": {"reply-to", "antwort an", "répondre à", "responder a", "rispondi a", "antwoord aan"},
})

func byLabel(names map[string][]string) map[string]string {
	fields := make(map[string]string)
	for field, list := range names {
		for _, n := range list {
			fields[n] = field
		}
	}
	return fields
}

// A block is the header block of an inline forward.
type block struct {
	from, to int // its lines
	values   map[string]string
}

// forwards marks every message that is forwarded within the text, and makes it
// a message of the document.
func (t *text) forwards(b *builder) {
	for i := 0; i < len(t.lines); {
		bl, announced, ok := t.block(i)
		if !ok {
			i++
			continue
		}
		if !announced && !t.forwarded && i > 0 && isReply(b.doc.Messages[t.part.Message].Subject) {
			// Earlier mail below a reply, as Outlook quotes it.
			t.set(i, len(t.lines), aup.VoiceQuote, 0)
			return
		}
		n := t.addForward(b, bl)
		if n < 0 {
			return
		}
		end := bl.to
		for end < len(t.lines) && !endMarker.MatchString(t.lines[end].text) {
			if _, _, next := t.block(end); next {
				break
			}
			end++
		}
		t.set(i, bl.to, aup.VoiceForwardHeader, n)
		t.set(bl.to, end, aup.VoiceForward, n)
		if end < len(t.lines) && endMarker.MatchString(t.lines[end].text) {
			t.set(end, end+1, aup.VoiceForwardHeader, n)
			end++
		}
		i = end
	}
}

var replySubject = regexp.MustCompile(`(?i)^\s*(re|aw|sv|antw|odp|回复|回覆|답장|رد|ynt|на|отв)\s*[:：]`)

func isReply(subject string) bool { return replySubject.MatchString(subject) }

// block reads the header block that begins at line i: fields below a marker, or
// three fields and more that name a sender and a date or subject. announced
// says that a marker stands above it.
func (t *text) block(i int) (_ block, announced, ok bool) {
	bl := block{from: i, values: make(map[string]string)}
	at := i
	if marker.MatchString(t.lines[at].text) || ruled.MatchString(t.lines[at].text) {
		announced = marker.MatchString(t.lines[at].text)
		for at++; at < len(t.lines) && at <= i+3 && t.blank(at); at++ {
		}
	}
	last := ""
	for ; at < len(t.lines); at++ {
		l := strings.TrimLeft(t.lines[at].text, "> \t*|")
		name, value, found := cutField(l)
		field, known := labels[name]
		switch {
		case found && known:
			last = field
			if bl.values[field] == "" {
				bl.values[field] = value
			}
			continue
		case found && len(bl.values) > 0 && plainName.MatchString(name):
			last = ""
			continue // another field
		case last != "" && strings.TrimSpace(l) != "" && (strings.HasPrefix(t.lines[at].text, " ") || strings.HasPrefix(t.lines[at].text, "\t") || bl.values[last] == ""):
			bl.values[last] = strings.TrimSpace(bl.values[last] + " " + strings.TrimSpace(l))
			continue
		}
		break
	}
	bl.to = at
	sender := bl.values["from"] != ""
	about := bl.values["date"] != "" || bl.values["subject"] != ""
	return bl, announced, sender && about && (announced || len(bl.values) >= 3)
}

// plainName is the name of a field that mail software may write.
var plainName = regexp.MustCompile(`^[a-z][a-z-]{1,30}$`)

// cutField cuts a line into a field's name, in lower case, and its value.
func cutField(l string) (name, value string, ok bool) {
	i := strings.IndexAny(l, ":：")
	if i <= 0 || i > 60 {
		return "", "", false
	}
	name = strings.ToLower(strings.Trim(strings.TrimSpace(l[:i]), "*_ "))
	value = strings.TrimLeft(l[i:], ":：* \t")
	return name, strings.TrimSpace(strings.TrimRight(value, "* \t")), true
}

// addForward makes a message of a header block and returns its index, -1 when
// the document has all the messages it may have.
func (t *text) addForward(b *builder, bl block) int {
	if len(b.doc.Messages) >= maxMessages {
		b.problem("limit", t.part.ID, "more forwarded messages than are kept")
		return -1
	}
	m := aup.Message{
		Parent: t.part.Message, Via: aup.ViaInline, Path: t.part.ID, Subject: bl.values["subject"],
		From: parseAddresses(mailto(bl.values["from"])), To: parseAddresses(mailto(bl.values["to"])), ReplyTo: parseAddresses(mailto(bl.values["reply-to"])),
	}
	if d := bl.values["date"]; d != "" {
		if when, ok := parseDate(strings.Replace(d, " at ", " ", 1)); ok {
			m.Date = when
		} else {
			m.DateText = d
		}
	}
	return b.addMessage(m, origin{})
}

// mailto takes out what clients put beside an address: "[mailto:a@b]".
func mailto(s string) string {
	return strings.NewReplacer("[mailto:", "<", "<mailto:", "<", "]", ">", "＜", "<", "＞", ">").Replace(s)
}
