package evidence

// forwardMarkers are the lines, without their dashes, that clients put above a
// message that is forwarded.
var forwardMarkers = set(
	"begin forwarded message", "begin forwarded text", "forwarded message", "forwarded mail", "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
	"message transféré", "courriel transféré", "début du message réexpédié", "début du message transféré", "mensaje reenviado", "inicio del mensaje reenviado",
	"mensagem encaminhada", "mensagem reencaminhada", "início da mensagem encaminhada", "início da mensagem reencaminhada", "messaggio inoltrato", "inizio messaggio inoltrato",
	"doorgestuurd bericht", "begin doorgestuurd bericht", "wiadomość przekazana", "przekazana wiadomość", "treść przekazanej wiadomości", "początek przekazywanej wiadomości", "пересылаемое сообщение", "пересланное сообщение",
	"перенаправленное сообщение", "начало переадресованного сообщения", "iletilen mesaj", "iletilmiş mesaj", "yönlendirilmiş mesaj", "başlangıç i̇letilen i̇leti", "転送されたメッセージ", "転送メール", "転送メッセージ", "転送されたメール",
	"转发的邮件", "转发邮件", "已转发邮件", "开始转发邮件", "被转发邮件信息", "以下是转发的邮件", "轉寄的郵件", "轉寄郵件", "以下是轉寄的郵件", "開始轉寄郵件", "전달된 메일", "전달된 메시지", "전달된 이메일", "رسالة معاد توجيهها", "رسالة محوّلة", "رسالة معاد إرسالها", "بداية الرسالة المحولة",
	"vidarebefordrat meddelande", "vidarebefordrat brev", "vidarebefordrat mejl", "videresendt melding", "videresendt meddelelse", "videresendt besked", "videresendt mail", "välitetty viesti", "edelleenlähetetty viesti", "přeposlaná zpráva", "přeposlaný e-mail",
	"továbbított üzenet", "továbbított levél", "mesaj redirecționat", "προωθημένο μήνυμα", "переслане повідомлення", "הודעה שהועברה", "pesan yang diteruskan", "thư được chuyển tiếp", "tin nhắn được chuyển tiếp",
)

// originalMarkers are those that clients put above a message that is answered,
// and some of them above one that is forwarded as well.
var originalMarkers = set(
	"original", "original message", "original message follows", "original e-mail", "original email", "original appointment", "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "message d'origine", "message d’origine", "message original", "courriel original",
	"mensaje original", "mensagem original", "messaggio originale", "oorspronkelijk bericht", "wiadomość oryginalna", "oryginalna wiadomość", "исходное сообщение", "оригинальное сообщение", "orijinal mesaj", "özgün i̇leti", "元のメッセージ", "原始郵件", "原始邮件", "원본 메시지", "원본 이메일",
	"الرسالة الأصلية", "ursprungligt meddelande", "originalmeddelande", "opprinnelig melding", "oprindelig meddelelse", "alkuperäinen viesti", "původní zpráva", "eredeti üzenet", "mesaj original", "αρχικό μήνυμα",
)

// labels are the names that clients give to the fields of a forwarded message,
// each with the field that it stands for.
var labels = byLabel(map[string][]string{
	"from":     {"from", "von", "de", "da", "van", "od", "от", "от кого", "kimden", "gönderen", "差出人", "送信者", "发件人", "寄件者", "寄件人", "發件人", "보낸 사람", "보낸사람", "من", "från", "fra", "lähettäjä", "feladó", "expeditor", "de la", "από", "від", "מאת", "dari", "từ", "expéditeur", "remitente", "remetente", "mittente", "afzender", "nadawca", "отправитель", "odesílatel", "avsändare", "afsender", "avsender", "寄件人", "發件者", "प्रेषक", "المرسل", "발신", "보낸이", "发信人", "šalje", "จาก"},
	"date":     {"date", "sent", "datum", "gesendet", "envoyé", "date d'envoi", "fecha", "enviado", "enviado el", "data", "enviada em", "enviado em", "inviato", "data invio", "verzonden", "wysłano", "дата", "отправлено", "tarih", "gönderme tarihi", "gönderildi", "日時", "送信日時", "日付", "日期", "发送时间", "发送日期", "보낸날짜", "दिनांक", "寄件日期", "傳送日期", "時間", "时间", "날짜", "보낸 날짜", "التاريخ", "تاريخ الإرسال", "skickat", "sendt", "dato", "lähetetty", "päivämäärä", "odesláno", "elküldve", "dátum", "trimis", "στάλθηκε", "ημερομηνία", "надіслано", "תאריך", "נשלח", "tanggal", "ngày", "đã gửi", "päiväys", "küldve", "gönderilme tarihi", "تم الإرسال", "изпратено", "odoslané", "poslano", "enviat", "ส่งเมื่อ", "วันที่"},
	"subject":  {"subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "temat", "тема", "konu", "件名", "主题", "主題", "主旨", "제목", "الموضوع", "ämne", "emne", "aihe", "předmět", "tárgy", "subiect", "θέμα", "נושא", "subjek", "perihal", "chủ đề", "tiêu đề", "sujet", "относно", "predmet", "zadeva", "assumpte", "เรื่อง", "विषय"},
	"to":       {"to", "an", "à", "a", "para", "aan", "do", "кому", "kime", "alıcı", "宛先", "收件人", "收件者", "받는 사람", "받는사람", "إلى", "till", "til", "vastaanottaja", "komu", "címzett", "către", "προς", "אל", "kepada", "đến", "destinataire", "empfänger", "pour", "adresat", "받는이", "收信人", "до", "prima", "ถึง", "प्रति"},
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
