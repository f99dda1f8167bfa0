package evidence

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
)

// A tongue is what mail clients write above a forwarded message in one
// language. The message is of Tuesday, 3 February 2026, 23:47: a day on which
// "mar" is a weekday in four of them and no month.
type tongue struct {
	from, sent, date, to, subject string // the labels; sent is Outlook's
	forwarded, begin, original    string // Thunderbird's and Yahoo's marker, Apple's, Samsung's
	outlook, gmail, apple         string // the date
}

var tongues = map[string]tongue{
	"en": {"From:", "Sent:", "Date:", "To:", "Subject:", "Forwarded Message", "Begin forwarded message:", "Original message",
		"Tuesday, February 3, 2026 11:47 PM", "Tue, Feb 3, 2026 at 11:47 PM", "February 3, 2026 at 11:47:00 PM UTC"},
	"de": {"Von:", "Gesendet:", "Datum:", "An:", "Betreff:", "Weitergeleitete Nachricht", "Anfang der weitergeleiteten Nachricht:", "Ursprüngliche Nachricht",
		"Dienstag, 3. Februar 2026 23:47", "Di., 3. Feb. 2026 um 23:47 Uhr", "3. Februar 2026 um 23:47:00 UTC"},
	"fr": {"De :", "Envoyé :", "Date :", "À :", "Objet :", "Message transféré", "Début du message transféré :", "Message d'origine",
		"mardi 3 février 2026 23:47", "mar. 3 févr. 2026 à 23:47", "3 février 2026 à 23:47:00 UTC"},
	"es": {"De:", "Enviado:", "Fecha:", "Para:", "Asunto:", "Mensaje reenviado", "Inicio del mensaje reenviado:", "Mensaje original",
		"martes, 3 de febrero de 2026 23:47", "mar, 3 feb 2026 a las 23:47", "3 de febrero de 2026, 23:47:00 UTC"},
	"it": {"Da:", "Inviato:", "Data:", "A:", "Oggetto:", "Messaggio inoltrato", "Inizio messaggio inoltrato:", "Messaggio originale",
		"martedì 3 febbraio 2026 23:47", "mar 3 feb 2026 alle ore 23:47", "3 febbraio 2026 alle ore 23:47:00 UTC"},
	"pt": {"De:", "Enviado:", "Data:", "Para:", "Assunto:", "Mensagem encaminhada", "Início da mensagem encaminhada:", "Mensagem original",
		"terça-feira, 3 de fevereiro de 2026 23:47", "ter., 3 de fev. de 2026 às 23:47", "3 de fevereiro de 2026 às 23:47:00 UTC"},
	"nl": {"Van:", "Verzonden:", "Datum:", "Aan:", "Onderwerp:", "Doorgestuurd bericht", "Begin doorgestuurd bericht:", "Oorspronkelijk bericht",
		"dinsdag 3 februari 2026 23:47", "di 3 feb 2026 om 23:47", "3 februari 2026 om 23:47:00 UTC"},
	"pl": {"Od:", "Wysłano:", "Data:", "Do:", "Temat:", "Przekazana wiadomość", "Początek przekazywanej wiadomości:", "Oryginalna wiadomość",
		"wtorek, 3 lutego 2026 23:47", "wt., 3 lut 2026 o 23:47", "3 lutego 2026 o 23:47:00 UTC"},
	"sv": {"Från:", "Skickat:", "Datum:", "Till:", "Ämne:", "Vidarebefordrat meddelande", "Vidarebefordrat mejl:", "Ursprungligt meddelande",
		"den 3 februari 2026 23:47", "tis 3 feb. 2026 kl 23:47", "3 februari 2026 kl. 23:47:00 UTC"},
	"tr": {"Kimden:", "Gönderildi:", "Tarih:", "Kime:", "Konu:", "İletilen Mesaj", "Başlangıç İletilen İleti:", "Orijinal mesaj",
		"3 Şubat 2026 Salı 23:47", "3 Şub 2026 Sal, 23:47", "3 Şubat 2026 23:47:00 UTC"},
	"ru": {"От:", "Отправлено:", "Дата:", "Кому:", "Тема:", "Пересылаемое сообщение", "Начало переадресованного сообщения:", "Исходное сообщение",
		"3 февраля 2026 г. 23:47", "вт, 3 февр. 2026 г. в 23:47", "3 февраля 2026 г. в 23:47:00 UTC"},
	"cs": {"Od:", "Odesláno:", "Datum:", "Komu:", "Předmět:", "Přeposlaná zpráva", "Začátek přeposlané zprávy:", "Původní zpráva",
		"úterý 3. února 2026 23:47", "út 3. 2. 2026 v 23:47", "3. února 2026 v 23:47:00 UTC"},
	"ja": {"差出人:", "送信日時:", "日付:", "宛先:", "件名:", "転送されたメッセージ", "転送されたメール:", "元のメッセージ",
		"2026年2月3日 火曜日 23:47", "2026年2月3日(火) 23:47", "2026年2月3日 23:47:00 UTC"},
	"zh": {"发件人：", "发送时间：", "日期：", "收件人：", "主题：", "转发的邮件", "开始转发邮件：", "原始邮件",
		"2026年2月3日 23:47", "2026年2月3日周二 下午11:47", "2026年2月3日 GMT 23:47:00"},
	"ko": {"보낸 사람:", "보낸 날짜:", "날짜:", "받는 사람:", "제목:", "전달된 메시지", "전달된 메시지 시작:", "원본 메시지",
		"2026년 2월 3일 화요일 오후 11:47", "2026년 2월 3일 (화) 오후 11:47", "2026년 2월 3일 오후 11시 47분 00초 UTC"},
	"ar": {"من:", "تاريخ الإرسال:", "التاريخ:", "إلى:", "الموضوع:", "رسالة معاد توجيهها", "بداية الرسالة المحولة:", "الرسالة الأصلية",
		"03 فبراير 2026 23:47", "الثلاثاء، 3 فبراير 2026 في 11:47 م", "3 فبراير 2026 في 23:47:00 UTC"},
}

const (
	sender    = "Ann B <a@b.example>"
	recipient = "x@y.example"
	title     = "Last offer"
)

// clients write a forwarded message as each mail client does, as text and as
// HTML.
var clients = map[string]struct{ text, page func(t tongue) string }{
	"Gmail": {
		func(t tongue) string {
			return rows("---------- Forwarded message ---------", t.from+" "+sender, "Date: "+t.gmail, "Subject: "+title, "To: <"+recipient+">", "")
		},
		func(t tongue) string {
			return `<div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>` + t.from +
				` <strong class="gmail_sendername" dir="auto">Ann B</strong> <span dir="auto">&lt;<a href="mailto:a@b.example">a@b.example</a>&gt;</span><br>` +
				`Date: ` + t.gmail + `<br>Subject: ` + title + `<br>To:  &lt;<a href="mailto:x@y.example">x@y.example</a>&gt;<br></div><br><br><p>Buy now.</p></div>`
		},
	},
	"Outlook": {
		func(t tongue) string {
			return rows(t.from+" Ann B <a@b.example> ", t.sent+" "+t.outlook, t.to+" "+recipient, t.subject+" "+title)
		},
		func(t tongue) string {
			return `<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b>` + t.from + `</b> Ann B &lt;a@b.example&gt; <br><b>` +
				t.sent + `</b> ` + t.outlook + `<br><b>` + t.to + `</b> ` + recipient + `<br><b>` + t.subject + `</b> ` + title + `<o:p></o:p></p></div></div><p class="MsoNormal">Buy now.<o:p></o:p></p>`
		},
	},
	"Outlook on the web": {
		func(t tongue) string {
			return rows(strings.Repeat("_", 32), t.from+" "+sender, t.sent+" "+t.outlook, t.to+" "+recipient+" <"+recipient+">", t.subject+" "+title, " ")
		},
		func(t tongue) string {
			return `<hr tabindex="-1" style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000"><b>` + t.from +
				`</b> Ann B &lt;a@b.example&gt;<br><b>` + t.sent + `</b> ` + t.outlook + `<br><b>` + t.to + `</b> ` + recipient + ` &lt;` + recipient + `&gt;<br><b>` + t.subject + `</b> ` + title +
				`</font><div>&nbsp;</div></div><div>Buy now.</div>`
		},
	},
	"Outlook 2003": {
		func(t tongue) string {
			return rows("-----"+t.original+"-----", t.from+" Ann B [mailto:a@b.example] ", t.sent+" "+t.outlook, t.to+" "+recipient, t.subject+" "+title, "")
		},
		func(t tongue) string {
			return `<div dir=ltr><font face=Tahoma size=2>-----` + t.original + `-----<br><b>` + t.from + `</b> Ann B [mailto:a@b.example]<br><b>` + t.sent + `</b> ` + t.outlook + `<br><b>` +
				t.to + `</b> ` + recipient + `<br><b>` + t.subject + `</b> ` + title + `<br><br></font></div>Buy now.`
		},
	},
	"Apple Mail": {
		func(t tongue) string {
			return rows(t.begin, "", "> "+t.from+" "+sender, "> "+t.subject+" "+title, "> "+t.date+" "+t.apple, "> "+t.to+" "+recipient, "> ", "> Buy now.")
		},
		func(t tongue) string {
			row := func(label, value string) string {
				return `<div style="margin:0px;"><span style="color:rgba(0, 0, 0, 1.0);"><b>` + label + ` </b></span><span>` + value + `<br></span></div>`
			}
			return `<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>` + t.begin + `</div><br class="Apple-interchange-newline">` +
				row(t.from, `Ann B &lt;<a href="mailto:a@b.example">a@b.example</a>&gt;`) + row(t.subject, `<b>`+title+`</b>`) + row(t.date, t.apple) + row(t.to, recipient) + `<br><div>Buy now.</div></blockquote></div>`
		},
	},
	"iPhone": {
		func(t tongue) string {
			return rows("", t.begin, "", "> "+t.from+" "+sender, "> "+t.date+" "+t.apple, "> "+t.to+" "+recipient, "> "+t.subject+" "+title, "> ", "> \ufeffBuy now.")
		},
		func(t tongue) string {
			return `<div dir="ltr"></div><div dir="ltr"><br>` + t.begin + `<br><br></div><blockquote type="cite"><div dir="ltr"><b>` + t.from + `</b> Ann B &lt;a@b.example&gt;<br><b>` + t.date + `</b> ` + t.apple + `<br><b>` +
				t.to + `</b> ` + recipient + `<br><b>` + t.subject + `</b> <b>` + title + `</b><br><br></div></blockquote><blockquote type="cite"><div dir="ltr">Buy now.</div></blockquote>`
		},
	},
	"Thunderbird": {
		func(t tongue) string {
			return rows("-------- "+t.forwarded+" --------", t.subject+" \t"+title, t.date+" \tTue, 3 Feb 2026 23:47:00 +0000", t.from+" \t"+sender, t.to+" \t"+recipient, "", "")
		},
		func(t tongue) string {
			row := func(label, value string) string {
				return `<tr><th nowrap="nowrap" valign="BASELINE" align="RIGHT">` + label + ` </th><td>` + value + `</td></tr>`
			}
			return `<div class="moz-forward-container"><br><br>-------- ` + t.forwarded + ` --------<table class="moz-email-headers-table" cellspacing="0" cellpadding="0" border="0"><tbody>` +
				row(t.subject, title) + row(t.date, "Tue, 3 Feb 2026 23:47:00 +0000") + row(t.from, `Ann B <a class="moz-txt-link-rfc2396E" href="mailto:a@b.example">&lt;a@b.example&gt;</a>`) + row(t.to, recipient) +
				`</tbody></table><br><br>Buy now.</div>`
		},
	},
	"mutt": {
		func(tongue) string {
			return rows("----- Forwarded message from Ann B <a@b.example> -----", "", "Date: Tue, 3 Feb 2026 23:47:00 +0000", "From: "+sender, "To: "+recipient, "Subject: "+title, "User-Agent: Mutt/2.2.12", "", "Buy now.", "", "----- End forwarded message -----")
		},
		nil,
	},
	"Yahoo": {
		func(t tongue) string {
			return rows("----- "+t.forwarded+" -----", t.from+" "+sender, t.to+" "+recipient, t.sent+" "+t.outlook+" GMT", t.subject+" "+title, "")
		},
		func(t tongue) string {
			row := func(label, value string) string { return `<div><b>` + label + `</b> ` + value + `</div>` }
			return `<div id="yahoo_quoted_1" class="yahoo_quoted"><div style="font-family:'Helvetica Neue';font-size:13px;color:#26282a;"><div>----- ` + t.forwarded + ` -----</div>` +
				row(t.from, `Ann B &lt;a@b.example&gt;`) + row(t.to, recipient) + row(t.sent, t.outlook+" GMT") + row(t.subject, title) + `<div><br></div><div>Buy now.</div></div></div>`
		},
	},
	"Samsung": {
		func(t tongue) string {
			return rows("-------- "+t.original+" --------", t.from+" "+sender, t.date+" "+t.outlook+" (GMT+00:00)", t.to+" "+recipient, t.subject+" "+title, "")
		},
		func(t tongue) string {
			row := func(label, value string) string { return `<div>` + label + ` ` + value + ` </div>` }
			return `<div style="font-size:100%;color:#000000"><div>-------- ` + t.original + ` --------</div>` + row(t.from, `Ann B &lt;a@b.example&gt;`) + row(t.date, t.outlook+" (GMT+00:00)") + row(t.to, recipient) + row(t.subject, title) + `<div><br></div></div>Buy now.`
		},
	},
	"K-9": {
		func(t tongue) string {
			return rows("-------- "+t.original+" --------", t.from+" "+sender, t.sent+" "+t.apple, t.to+" "+recipient, t.subject+" "+title, "")
		},
		func(t tongue) string {
			return `<div class="k9mail-quote-header"><b>` + t.from + `</b> Ann B &lt;a@b.example&gt;<br><b>` + t.sent + `</b> ` + t.apple + `<br><b>` + t.to + `</b> ` + recipient + `<br><b>` + t.subject + `</b> ` + title + `<br></div><br>Buy now.`
		},
	},
}

// rows returns lines, with the forwarded text below them where they do not
// hold it yet.
func rows(lines ...string) string {
	s := strings.Join(lines, "\n")
	if !strings.Contains(s, "Buy now.") {
		s += "\nBuy now."
	}
	return s + "\n"
}

// TestForwardsOfClients counts on forwards of every client in every language,
// as text and as HTML, how often the original's sender, date and subject are
// recovered.
func TestForwardsOfClients(t *testing.T) {
	want := time.Date(2026, 2, 3, 23, 47, 0, 0, time.UTC)
	count := map[string]int{}
	for _, client := range slices.Sorted(maps.Keys(clients)) {
		for _, language := range slices.Sorted(maps.Keys(tongues)) {
			c, l := clients[client], tongues[language]
			docs := map[string]aup.Document{"text": parse("Fwd: "+title, "Please look at this.\n\n"+c.text(l))}
			if c.page != nil {
				docs["HTML"] = parseHTML("Fwd: "+title, "<p>Please look at this.</p>"+c.page(l))
			}
			for form, doc := range docs {
				name := fmt.Sprintf("%s, %s, %s", client, language, form)
				count["forwards"]++
				if len(doc.Messages) != 2 {
					t.Errorf("%s: %d messages in %q", name, len(doc.Messages), doc.Parts[1].Text)
					continue
				}
				m := doc.Messages[1]
				check := func(what string, ok bool, got any) {
					if ok {
						count[what]++
					} else {
						t.Errorf("%s: %s is %v", name, what, got)
					}
				}
				check("sender", len(m.From) == 1 && m.From[0] == aup.Address{Name: "Ann B", Addr: "a@b.example"}, m.From)
				check("date", m.Date.Equal(want), m.Date.String()+m.DateText)
				check("subject", m.Subject == title, m.Subject)
				check("recipient", len(m.To) == 1 && m.To[0].Addr == recipient, m.To)
				check("own words", voiceOf(&doc.Parts[1], "Please look") == aup.VoiceOwn, doc.Parts[1].Segments)
				check("forwarded words", voiceOf(&doc.Parts[1], "Buy now") == aup.VoiceForward, doc.Parts[1].Segments)
			}
		}
	}
	t.Logf("%d clients, %d languages, %d forwards: sender %d, date %d, subject %d, recipient %d recovered; %d with the reporter's words, %d with the forwarded ones told apart",
		len(clients), len(tongues), count["forwards"], count["sender"], count["date"], count["subject"], count["recipient"], count["own words"], count["forwarded words"])
}

// parseHTML reads a message of that subject whose body is a page.
func parseHTML(subject, body string) aup.Document {
	raw := "From: Reporter <r@reporter.example>\r\nSubject: " + subject + "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<html><body>" + body + "</body></html>\r\n"
	return Parse(strings.NewReader(raw), int64(len(raw)), Options{})
}
