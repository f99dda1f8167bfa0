package evidence

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// parse reads a message with that subject and text.
func parse(subject, text string) aup.Document {
	raw := fmt.Sprintf("From: Reporter <r@reporter.example>\r\nSubject: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s",
		subject, strings.ReplaceAll(text, "\n", "\r\n"))
	return Parse(strings.NewReader(raw), int64(len(raw)), Options{PolicyText: NewPolicyText(
		Runs("Customers shall refrain from giving their passwords to anybody outside their organization."),
		"Nobody may use the service to send unsolicited bulk mail to people who have not asked for it.",
	)})
}

// forwards holds a forwarded message as each client and language writes it.
// The sender is always a@b.example, the subject "Last offer".
var forwards = map[string]string{
	"Gmail, English":                "---------- Forwarded message ---------\nFrom: Ann B <a@b.example>\nDate: Tue, 3 Mar 2026 at 23:47\nSubject: Last offer\nTo: <x@y.example>\n\nBuy now.",
	"Gmail, German":                 "---------- Forwarded message ---------\nVon: Ann B <a@b.example>\nDate: Di., 3. März 2026 um 23:47 Uhr\nSubject: Last offer\nTo: <x@y.example>\n\nBuy now.",
	"Outlook, English":              "________________________________\nFrom: Ann B <a@b.example>\nSent: Tuesday, March 3, 2026 11:47 PM\nTo: x@y.example\nSubject: Last offer\n\nBuy now.",
	"Outlook, French":               "De : Ann B <a@b.example>\nEnvoyé : mardi 3 mars 2026 23:47\nÀ : x@y.example\nObjet : Last offer\n\nBuy now.",
	"Outlook, Spanish":              "-----Mensaje original-----\nDe: Ann B [mailto:a@b.example]\nEnviado el: martes, 3 de marzo de 2026 23:47\nPara: x@y.example\nAsunto: Last offer\n\nBuy now.",
	"Outlook, Turkish":              "________________________________\nKimden: Ann B <a@b.example>\nGönderildi: 3 Mart 2026 Salı 23:47\nKime: x@y.example\nKonu: Last offer\n\nBuy now.",
	"Apple Mail, English":           "Begin forwarded message:\n\nFrom: Ann B <a@b.example>\nSubject: Last offer\nDate: 3 March 2026 at 23:47:00 CET\nTo: x@y.example\n\nBuy now.",
	"Apple Mail, quoted":            "Begin forwarded message:\n\n> From: Ann B <a@b.example>\n> Subject: Last offer\n> Date: 3 March 2026 at 23:47:00 CET\n> To: x@y.example\n> \n> Buy now.",
	"Apple Mail, Italian":           "Inizio messaggio inoltrato:\n\nDa: Ann B <a@b.example>\nOggetto: Last offer\nData: 3 marzo 2026 alle ore 23:47\nA: x@y.example\n\nBuy now.",
	"Thunderbird, English":          "-------- Forwarded Message --------\nSubject: \tLast offer\nDate: \tTue, 3 Mar 2026 23:47:00 +0100\nFrom: \tAnn B <a@b.example>\nTo: \tx@y.example\n\nBuy now.",
	"Thunderbird, Polish":           "-------- Przekazana wiadomość --------\nTemat: \tLast offer\nData: \tTue, 3 Mar 2026 23:47:00 +0100\nOd: \tAnn B <a@b.example>\nDo: \tx@y.example\n\nBuy now.",
	"Thunderbird, Japanese":         "-------- 転送されたメッセージ --------\n件名: \tLast offer\n日付: \tTue, 3 Mar 2026 23:47:00 +0100\n差出人: \tAnn B <a@b.example>\n宛先: \tx@y.example\n\nBuy now.",
	"mutt":                          "----- Forwarded message from Ann B <a@b.example> -----\n\nDate: Tue, 3 Mar 2026 23:47:00 +0100\nFrom: Ann B <a@b.example>\nTo: x@y.example\nSubject: Last offer\n\nBuy now.\n\n----- End forwarded message -----\n\nThat is all.",
	"Yahoo":                         "----- Forwarded Message -----\nFrom: Ann B <a@b.example>\nTo: x@y.example\nSent: Tuesday, March 3, 2026, 11:47:00 PM GMT+1\nSubject: Last offer\n\nBuy now.",
	"mobile, Russian":               "-------- Пересылаемое сообщение --------\nОт кого: Ann B <a@b.example>\nКому: x@y.example\nДата: Вторник, 3 марта 2026, 23:47 +03:00\nТема: Last offer\n\nBuy now.",
	"Outlook, Dutch":                "Van: Ann B <a@b.example>\nVerzonden: dinsdag 3 maart 2026 23:47\nAan: x@y.example\nOnderwerp: Last offer\n\nBuy now.",
	"Outlook, Chinese":              "发件人: Ann B <a@b.example>\n发送时间: 2026年3月3日 23:47\n收件人: x@y.example\n主题: Last offer\n\nBuy now.",
	"Naver, Korean":                 "-----원본 메시지-----\n보낸 사람: Ann B <a@b.example>\n받는 사람: x@y.example\n날짜: 2026년 3월 3일 화요일 23:47\n제목: Last offer\n\nBuy now.",
	"Gmail, Portuguese, bold":       "---------- Mensagem encaminhada ---------\n*De:* Ann B <a@b.example>\n*Data:* ter., 3 de mar. de 2026 23:47\n*Assunto:* Last offer\n*Para:* x@y.example\n\nBuy now.",
	"Outlook, Czech":                "-----Původní zpráva-----\nOd: Ann B <a@b.example>\nOdesláno: úterý 3. března 2026 23:47\nKomu: x@y.example\nPředmět: Last offer\n\nBuy now.",
	"Apple Mail, Swedish":           "Vidarebefordrat brev:\n\n> Från: Ann B <a@b.example>\n> Ämne: Last offer\n> Datum: 3 mars 2026 23:47:00 CET\n> Till: x@y.example\n> \n> Buy now.",
	"iPhone, French":                "Envoyé de mon iPhone\n\nDébut du message transféré :\n\n> De: Ann B <a@b.example>\n> Date: 3 mars 2026 à 23:47:00 UTC+1\n> À: x@y.example\n> Objet: Last offer\n> \n> Buy now.",
	"Samsung, English":              "-------- Original message --------\nFrom: Ann B <a@b.example>\nDate: 3/3/2026 23:47 (GMT+01:00)\nTo: x@y.example\nSubject: Last offer\n\nBuy now.",
	"K-9":                           "-------- Original Message --------\nFrom: Ann B <a@b.example>\nSent: March 3, 2026 11:47:00 PM GMT+01:00\nTo: x@y.example\nSubject: Last offer\n\nBuy now.",
	"Outlook mobile":                "Get Outlook for iOS\n________________________________\nFrom: Ann B <a@b.example>\nSent: Tuesday, 3 March 2026 23:47:00\nTo: x@y.example <x@y.example>\nSubject: Last offer\n\nBuy now.",
	"Outlook, Chinese, traditional": "寄件者: Ann B <a@b.example>\n寄件日期: 2026年3月3日 下午 11:47\n收件者: x@y.example\n主旨: Last offer\n\nBuy now.",
	"Gmail, Japanese":               "---------- Forwarded message ---------\n差出人: Ann B <a@b.example>\nDate: 2026年3月3日(火) 23:47\nSubject: Last offer\nTo: <x@y.example>\n\nBuy now.",
	"quoted":                        "> -----Original Message-----\n> From: Ann B <a@b.example>\n> Sent: Tuesday, March 3, 2026 11:47 PM\n> To: x@y.example\n> Subject: Last offer\n>\n> Buy now.",
	"labels on lines of their own":  "-------- Forwarded Message --------\nSubject:\nLast offer\nDate:\nTue, 3 Mar 2026 23:47:00 +0100\nFrom:\nAnn B <a@b.example>\nTo:\nx@y.example\n\nBuy now.",
	"wrapped":                       "-----Original Message-----\nFrom: list-admin@b.example [mailto:a@b.example]On Behalf Of\nAnn B\nSent: Tuesday, March 3, 2026 11:47 PM\nTo: x@y.example;\nz@y.example\nSubject: Last offer\n\nBuy now.",
	"bounce":                        "----- Original message -----\n\nMIME-Version: 1.0\nDate: Tue, 3 Mar 2026 23:47:00 +0100\nSubject: Last offer\nFrom: a@b.example\nTo: x@y.example\n\nBuy now.",
	"Outlook, Arabic":               "من: Ann B <a@b.example>\nتاريخ الإرسال: 3 مارس 2026\nإلى: x@y.example\nالموضوع: Last offer\n\nBuy now.",
}

func TestForwards(t *testing.T) {
	for name, text := range forwards {
		t.Run(name, func(t *testing.T) {
			doc := parse("Fwd: Last offer (Acceptable Use Policy)", "Please look at this.\n\n"+text)
			if len(doc.Messages) != 2 {
				t.Fatalf("%d messages, want the report and one forward", len(doc.Messages))
			}
			m := doc.Messages[1]
			if m.Via != aup.ViaInline || m.Subject != "Last offer" || len(m.From) != 1 || m.From[0].Addr != "a@b.example" || m.Date.Month() != time.March || m.Date.Day() != 3 || m.Date.Year() != 2026 {
				t.Errorf("message %+v", m)
			}
			got := voiceOf(&doc.Parts[1], "Please look")
			if want := aup.VoiceOwn; got != want {
				t.Errorf("the reporter's words are %s, want %s", got, want)
			}
			if got := voiceOf(&doc.Parts[1], "Buy now"); got != aup.VoiceForward {
				t.Errorf("the forwarded words are %s, want %s", got, aup.VoiceForward)
			}
			if strings.Contains(text, "That is all") && voiceOf(&doc.Parts[1], "That is all") != aup.VoiceOwn {
				t.Error("what follows the forward is not the reporter's own")
			}
		})
	}
}

func TestForwardWithin(t *testing.T) {
	doc := parse("Fwd: x", "Look.\n\n---------- Forwarded message ---------\nFrom: Ann <a@b.example>\nDate: Tue, 3 Mar 2026 at 23:47\nSubject: Fwd: offer\nTo: <x@y.example>\n\nMine.\n\n"+
		"Begin forwarded message:\n\nFrom: Zed <z@z.example>\nDate: 2 March 2026 at 10:00:00 UTC\nSubject: offer\nTo: a@b.example\n\nTheirs.\n")
	var got []string
	for _, m := range doc.Messages[1:] {
		got = append(got, fmt.Sprintf("%d %s %s", m.Parent, m.From[0].Addr, m.To[0].Addr))
	}
	if d := cmp.Diff([]string{"0 a@b.example x@y.example", "1 z@z.example a@b.example"}, got); d != "" {
		t.Errorf("messages (-want +got):\n%s", d)
	}
}

// A header that was pasted whole is one chain of trace fields, and what stands
// below it is the message, in a reply too.
func TestForwardWithWholeHeader(t *testing.T) {
	const text = `It came again.

From zed@z.example  Thu Sep 26 11:30:26 2024
Return-Path: <zed@z.example>
Received: from mx.reporter.example (mx.reporter.example [198.51.100.3])
	by in.reporter.example; Mon, 2 Mar 2026 01:00:02 +0000
X-Status:
Old_Path2: zed
Received: from z.example (z.example [203.0.113.5])
	by mx.reporter.example; Mon, 2 Mar 2026 01:00:01 +0000
Date: Mon, 2 Mar 2026 01:00:00 +0000
X-Warning: claimed to
	be another
From: Zed <zed@z.example>
Subject: offer
X-Filter: none

Buy now.
`
	doc := parse("Re: Acceptable Use Policy", text)
	if len(doc.Messages) != 2 || doc.Messages[1].Subject != "offer" || doc.Messages[1].From[0].Addr != "zed@z.example" {
		t.Fatalf("messages %+v", doc.Messages)
	}
	for words, want := range map[string]aup.Voice{
		"It came": aup.VoiceOwn, "From zed": aup.VoiceHeaders, "X-Status": aup.VoiceHeaders, "Old_Path2": aup.VoiceHeaders, "Date:": aup.VoiceForwardHeader,
		"be another": aup.VoiceHeaders, "Subject: offer": aup.VoiceForwardHeader, "X-Filter": aup.VoiceHeaders, "Buy now": aup.VoiceForward,
	} {
		if got := voiceOf(&doc.Parts[1], words); got != want {
			t.Errorf("%q is %s, want %s", words, got, want)
		}
	}
	if !slices.ContainsFunc(doc.Indicators, func(in aup.Indicator) bool { return in.Value == "203.0.113.5" && in.Role == aup.RoleSource }) {
		t.Errorf("the address behind the reporter's own hop is no source: %+v", doc.Indicators)
	}
}

// The plain and the HTML form of a text carry the same forward.
func TestForwardInAlternatives(t *testing.T) {
	raw := "From: r@reporter.example\r\nSubject: Fwd: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nLook.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Ann <a@b.example>\r\nDate: Tue, 3 Mar 2026 at 23:47\r\nSubject: offer\r\nTo: <x@y.example>\r\n\r\nBuy now.\r\n" +
		"--b\r\nContent-Type: text/html\r\n\r\n<p>Look.</p>---------- Forwarded message ---------<br>From: Ann &lt;a@b.example&gt;<br>Date: Tue, 3 Mar 2026 at 23:47<br>Subject: offer<br>To: &lt;x@y.example&gt;<br><br>Buy now.\r\n--b--\r\n"
	doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
	if len(doc.Messages) != 2 {
		t.Errorf("%d messages, want the report and one forward", len(doc.Messages))
	}
	for _, p := range doc.Parts[1:] {
		if v := voiceOf(&p, "Buy now"); v != aup.VoiceForward {
			t.Errorf("part %s: the forwarded words are %s", p.ID, v)
		}
	}
}

// What a reply quotes is earlier mail, not a forward.
func TestReplyIsNoForward(t *testing.T) {
	for _, text := range []string{
		"Still no answer.\n\n-----Original Message-----\nFrom: desk@cloud.example [mailto:desk@cloud.example]On Behalf Of\nthe Desk\nSent: Tuesday, March 3, 2026 11:47 PM\nTo: x@y.example\nSubject: Acceptable Use Policy\n\nWe look into it.",
		"Still no answer.\n\n-----Original Message-----\nFrom: Desk <desk@cloud.example>\nSent: Tuesday, March 3, 2026 11:47 PM\nTo: x@y.example\nSubject: Acceptable Use Policy\n\nWe look into it.",
		"Still no answer.\n\n________________________________\nVon: Desk <desk@cloud.example>\nGesendet: Dienstag, 3. März 2026 23:47\nAn: x@y.example\nBetreff: Acceptable Use Policy\n\nWe look into it.",
		"Still no answer.\n\nLe mar. 3 mars 2026 à 23:47, Desk <desk@cloud.example> a écrit :\n\n> We look into it.",
		"Still no answer.\n\nOn Tue, 3 Mar 2026 at 23:47, Desk of the cloud with a long name\n<desk@cloud.example> wrote:\n\n> We look into it.",
	} {
		doc := parse("Re: Acceptable Use Policy", text)
		if len(doc.Messages) != 1 {
			t.Errorf("%q: %d messages", text, len(doc.Messages))
		}
		if v := voiceOf(&doc.Parts[1], "desk@cloud"); v != aup.VoiceQuote {
			t.Errorf("%q: the line above the quotation is %s", text, v)
		}
		if v := voiceOf(&doc.Parts[1], "We look"); v != aup.VoiceQuote {
			t.Errorf("%q: what was quoted is %s", text, v)
		}
		if v := voiceOf(&doc.Parts[1], "Still no"); v != aup.VoiceOwn {
			t.Errorf("%q: the reporter's words are %s", text, v)
		}
	}
}

func voiceOf(p *aup.Part, words string) aup.Voice {
	at := strings.Index(p.Text, words)
	for _, s := range p.Segments {
		if s.Start <= at && at < s.End {
			return s.Voice
		}
	}
	return aup.VoiceOwn
}

func TestVoices(t *testing.T) {
	const text = `We get spam from you.

Your policy says:
"Nobody may use the service to send unsolicited bulk mail to people who have not asked for it."

Mar  4 03:51:07 bastion2 sshd[20117]: Failed password for root from 203.0.113.44 port 41022 ssh2

Received: from a.example (a.example [192.0.2.1])
	by mx.example; Mon, 2 Mar 2026 01:00:00 +0000
Subject: offer

Date: tomorrow is fine for a call.

On Mon, 2 Mar 2026 at 10:00, Desk <desk@cloud.example> wrote:

> We have looked into it.

This e-mail and any attachments are confidential and intended solely for the addressee.

-- 
Tor, on shift
`
	doc := parse("Re: Acceptable Use Policy", text)
	got := make(map[string]aup.Voice)
	want := map[string]aup.Voice{
		"We get spam": aup.VoiceOwn, "Nobody may": aup.VoicePolicy, "sshd": aup.VoiceLog, "Received:": aup.VoiceHeaders, "by mx": aup.VoiceHeaders,
		"tomorrow": aup.VoiceOwn, "wrote:": aup.VoiceQuote, "looked into": aup.VoiceQuote, "confidential": aup.VoiceDisclaimer, "on shift": aup.VoiceSignature,
	}
	for words := range want {
		got[words] = voiceOf(&doc.Parts[1], words)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("voices (-want +got):\n%s", d)
	}
}

func FuzzForward(f *testing.F) {
	for _, text := range forwards {
		f.Add("Fwd: x", text)
	}
	f.Add("Re: x", "On Monday a wrote:\n> b\n-- \nc\nReceived: x\nFrom: y\nTo: z\n")
	f.Fuzz(func(t *testing.T, subject, text string) {
		doc := parse(strings.NewReplacer("\r", "", "\n", "").Replace(subject), text)
		for _, p := range doc.Parts {
			at := 0
			for _, s := range p.Segments {
				if s.Start != at || s.End <= s.Start || s.Message < 0 || s.Message >= len(doc.Messages) {
					t.Fatalf("segments %+v do not cover %d bytes in order", p.Segments, len(p.Text))
				}
				at = s.End
			}
			if p.Segments != nil && at != len(p.Text) {
				t.Fatalf("segments end at %d of %d", at, len(p.Text))
			}
		}
	})
}

// TestForwardOdd reads header blocks with marks that nobody sees, with empty
// lines between the fields, and in languages that few clients have.
func TestForwardOdd(t *testing.T) {
	for name, block := range map[string]string{
		"left to right":     "---------- Forwarded message ---------\n\u200eFrom:\u200e Bad <bad@evil.example>\n\u200eDate:\u200e Mon, 2 Mar 2026 10:00:00 +0000\n\u200eSubject:\u200e Win\n",
		"Arabic":            "\u200f\u202b---------- رسالة معاد توجيهها ----------\u202c\n\u200fمن:\u200f Bad <bad@evil.example>\n\u200fالتاريخ:\u200f Mon, 2 Mar 2026 10:00:00 +0000\n\u200fالموضوع:\u200f Win\n\u200fإلى:\u200f me@x.example\n",
		"Hebrew":            "\u202bמאת:\u202c Bad <bad@evil.example>\n\u202bנשלח:\u202c 2 March 2026 10:00\n\u202bאל:\u202c me@x.example\n\u202bנושא:\u202c Win\n",
		"paragraphs":        "-----Original Message-----\n\nFrom: Bad <bad@evil.example>\n\nSent: Monday, March 2, 2026 10:00 AM\n\nTo: me@x.example\n\nSubject: Win\n",
		"Thai":              "---------- Forwarded message ---------\nจาก: Bad <bad@evil.example>\nDate: จ. 2 มี.ค. 2026 เวลา 10:00\nSubject: Win\nTo: <me@x.example>\n",
		"Ukrainian":         "---------- Пересланое сообщение ----------\nВід: Bad <bad@evil.example>\nДата: 2 бер. 2026 10:00\nТема: Win\nКому: me\n",
		"Hindi":             "---------- Forwarded message ---------\nप्रेषक: Bad <bad@evil.example>\nदिनांक: सोम, 2 मार्च 2026 10:00\nविषय: Win\nप्रति: me@x.example\n",
		"Korean, no spaces": "-----Original Message-----\n보낸사람: \"Bad\" <bad@evil.example>\n받는사람: me@x.example\n보낸날짜: 2026-03-02 (월) 10:00:00\n제목: Win\n",
		"Chinese, sent on":  "-------- 转发邮件信息 --------\n发件人：\"Bad\" <bad@evil.example>\n发送日期：2026-03-02 10:00:00\n收件人：me@x.example\n主题：Win\n",
	} {
		t.Run(name, func(t *testing.T) {
			doc := parse("Fwd: x", "Please look.\n\n"+block+"\nSee http://evil.example/\n")
			if len(doc.Messages) != 2 {
				t.Fatalf("%d messages, want 2", len(doc.Messages))
			}
			m := doc.Messages[1]
			got := fmt.Sprintf("%v %q %s", m.From, m.Subject, m.Date.Format(time.DateTime))
			if want := `[Bad <bad@evil.example>] "Win" 2026-03-02 10:00:00`; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}
