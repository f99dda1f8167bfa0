package evidence

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"aupd/internal/aup"
)

func TestVoicesOf(t *testing.T) {
	for name, tc := range map[string]struct {
		text, words string
		want        aup.Voice
	}{
		"closing":                  {"They spam us.\n\nBest regards,\nAnn B\nPostmaster, B Ltd", "Postmaster", aup.VoiceSignature},
		"closing, German":          {"Wir bekommen Spam.\n\nMit freundlichen Grüßen\nAnn B", "Ann B", aup.VoiceSignature},
		"thanks before the point":  {"Hello.\n\nThanks,\n\nThe server 203.0.113.7 has sent us spam for days and we would like you to stop it today.", "The server", aup.VoiceOwn},
		"thanks at the top":        {"Thanks\nThey spam us.", "They spam", aup.VoiceOwn},
		"phone":                    {"They spam us.\n\nSent from my iPhone", "Sent from", aup.VoiceSignature},
		"disclaimer by heading":    {"Spam!\n\nCONFIDENTIALITY NOTICE: this mail may hold private matters. Unauthorized access is prohibited.", "Unauthorized", aup.VoiceDisclaimer},
		"notice that is reported":  {"The confidentiality notice at the foot of your portal was removed by the tenant last week.", "confidentiality", aup.VoiceOwn},
		"disclaimer, German":       {"Spam!\n\nDiese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, vernichten Sie sie.", "vertrauliche", aup.VoiceDisclaimer},
		"confidential report":      {"This message is confidential: they publish confidential data of our customers on their page since Monday.", "publish", aup.VoiceOwn},
		"policy announced":         {"Your policy says:\n\n“Nobody may use the service to send unsolicited bulk mail to strangers or pester anyone at all in any way.”", "pester", aup.VoicePolicy},
		"policy by its hashes":     {"They spam us.\n\n- Customers shall refrain from giving their passwords\n  to anybody outside.", "anybody", aup.VoicePolicy},
		"policy as a quotation":    {"They spam us.\n\n> Nobody may use the service to send unsolicited bulk mail to people.\n>\n> What else?", "unsolicited", aup.VoicePolicy},
		"below that quotation":     {"They spam us.\n\n> Nobody may use the service to send unsolicited bulk mail to people.\n>\n> What else?", "What else", aup.VoiceQuote},
		"short item of the policy": {"They spam us.\n\n- Nobody may use the service to send unsolicited bulk mail\n\n- to people who have not asked\n\n- and so on", "asked", aup.VoicePolicy},
		"short item by itself":     {"They spam us.\n\n- to people who have not asked\n\n- and so on", "asked", aup.VoiceOwn},
		"policy in own words":      {"Your policy forbids unsolicited bulk mail and yet they send it every day to all of us here.", "forbids", aup.VoiceOwn},
		"rows":                     {"What we saw:\n203.0.113.7,22,2026-03-04,ssh\n203.0.113.8,23,2026-03-04,telnet\nThat is all.", "telnet", aup.VoiceLog},
		"after rows":               {"What we saw:\n203.0.113.7,22,2026-03-04,ssh\n203.0.113.8,23,2026-03-04,telnet\nThat is all.", "That is", aup.VoiceOwn},
		"two lines of a letter":    {"From: the abuse desk\nTo: whom it may concern\n\nHello", "whom", aup.VoiceOwn},
		"web log":                  {"See:\n203.0.113.7 - - [04/Mar/2026:03:51:07 +0000] \"GET /wp-login.php HTTP/1.1\" 404 12", "wp-login", aup.VoiceLog},
		"two-line attribution":     {"Again.\n\nOn Tue, 3 Mar 2026 at 23:47, Desk of the cloud\n<desk@cloud.example> wrote:\n\n> We look.", "On Tue", aup.VoiceQuote},
	} {
		t.Run(name, func(t *testing.T) {
			doc := parse("Acceptable Use Policy", tc.text)
			if got := voiceOf(&doc.Parts[1], tc.words); got != tc.want {
				t.Errorf("%q is %s, want %s", tc.words, got, tc.want)
			}
		})
	}
}

func TestVoicesOfHTML(t *testing.T) {
	raw := "From: r@reporter.example\r\nSubject: Re: Acceptable Use Policy\r\nContent-Type: text/html\r\n\r\n" +
		"<p>It goes on.</p><div class=gmail_signature>Ann<br>B Ltd</div><div class=gmail_quote>On Tue, 3 Mar 2026 Desk &lt;d@cloud.example&gt; wrote:<blockquote>We look.</blockquote></div>"
	doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
	for words, want := range map[string]aup.Voice{"It goes": aup.VoiceOwn, "B Ltd": aup.VoiceSignature, "On Tue": aup.VoiceQuote, "We look": aup.VoiceQuote} {
		if got := voiceOf(&doc.Parts[1], words); got != want {
			t.Errorf("%q is %s, want %s: %+v", words, got, want, doc.Parts[1].Segments)
		}
	}
}

// TestHostileMeaning reads text that is made to cost time: four times the text
// may cost four times as much, with room for noise, but not sixteen times. It
// counts the processor's time, so that a busy machine does not fail it.
func TestHostileMeaning(t *testing.T) {
	const size, quick, ratio = 1 << 20, 500 * time.Millisecond, 10
	for _, piece := range []string{
		"> ", "From: x\n", "From: x\nSubject: y\n", "From: x\nSubject: y\nTo: z\n\n", "1.2.3.4 ", "1.", "::", "a.b@", "hxxp://a[.]b ", "[.]", " dot ", "http://a.example/", ",a.example", "=1.2.3.4",
		"Mar  4 03:51:07 ", "On a wrote:\n> b\n", "-- \n", "Thanks\nA\n", "Thanks\n", "Received: from a by b\n", "-----Original Message-----\n", "________\n", "confidential addressee ", "Your policy says:\n\n\"x\n\n",
		"1,2,3,203.0.113.7\n", "<", "\u200b", "é.", "中a.com", "(", "[dot", "{", "0x", "a@a.example,", strings.Repeat("a:", 2000) + " ",
	} {
		t.Run(piece, func(t *testing.T) {
			read := func(size int) (aup.Document, time.Duration) {
				text := strings.Repeat(piece, size/len(piece))
				start := processorTime(t)
				return parse("Fwd: x", text), processorTime(t) - start
			}
			doc, took := read(size)
			if took > quick {
				if _, less := read(size / 4); took > ratio*less {
					t.Errorf("took %v, and %v for a quarter of it", took, less)
				}
			}
			if len(doc.Indicators) > maxIndicators || len(doc.Messages) > maxMessages {
				t.Errorf("%d indicators, %d messages", len(doc.Indicators), len(doc.Messages))
			}
		})
	}
}

// processorTime returns how long this process has computed.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
