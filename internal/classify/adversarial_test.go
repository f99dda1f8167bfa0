package classify_test

import (
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
)

// A report that is stuffed with the words of every clause is still one that a
// person can make sense of: bounded, with a span for each finding.
func TestStuffed(t *testing.T) {
	c := classifier(t)
	words := "drugs copyright keygen Tehran threat phishing overload ddos brute force crawler children malware forged header impersonates spam privacy notice removed links to warez booter "
	doc := document("Acceptable Use Policy", strings.Repeat(words, 40))
	v := c.Classify(doc)
	check(t, doc, v)
	if v.Outcome == aup.OutcomeNone || v.Urgent == "" {
		t.Errorf("outcome %s, urgent %q: a person must see it", v.Outcome, v.Urgent)
	}
}

// Five megabytes take bounded time, words without an end too, and what stands at
// the beginning counts.
func TestLarge(t *testing.T) {
	c := classifier(t)
	for name, text := range map[string]string{
		"lines":                               strings.Repeat("and so on, line after line, as it was. ", 5<<20/40),
		"denials":                             strings.Repeat("no ", 5<<20/3),
		"a word":                              strings.Repeat("spam", 5<<20/4),
		"a word in a script without capitals": strings.Repeat("وسبام", 5<<20/10),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			doc := document("Acceptable Use Policy", "The attachment is ransomware; our scanner says so.\n\n"+text)
			v := c.Classify(doc)
			check(t, doc, v)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if v.Primary != "2.5" {
				t.Errorf("primary %s, want 2.5", v.Primary)
			}
		})
	}
}

// What a message says below a reporter's few words is read as that message.
func TestPastedBelow(t *testing.T) {
	c := classifier(t)
	lure := "Dear customer,\n\nyour mailbox is full and your account will be closed. Verify your account within 24 hours: click on the link below and sign in to continue.\n\nSystem administrator, webmail help desk"
	advert := "Buy now! Lowest prices on replica watches, free shipping, 80% off, satisfaction guaranteed. Click here to order today."
	for name, tc := range map[string]struct {
		text string
		want []aup.ClauseID
	}{
		"lure":   {"One of our users got the message below.\n\n" + lure, []aup.ClauseID{"1.5", "3.1"}},
		"German": {"Guten Tag, ich leite weiter, was bei uns ankam.\n\n" + lure, []aup.ClauseID{"1.5", "3.1"}},
		"advert": {"Hi, forwarding this to you.\n\n" + advert, []aup.ClauseID{"4"}},
	} {
		t.Run(name, func(t *testing.T) {
			doc := document("Acceptable Use Policy", tc.text)
			v := c.Classify(doc)
			check(t, doc, v)
			for _, w := range tc.want {
				if v.Primary == w {
					return
				}
			}
			t.Errorf("primary %s, want one of %v", v.Primary, tc.want)
		})
	}
}

// passing returns a document that passes a message on with some words.
func passing(words, subject, text string) *aup.Document {
	doc := document("Acceptable Use Policy", words)
	doc.Messages = append(doc.Messages, aup.Message{Via: aup.ViaRFC822, Subject: subject})
	doc.Parts = append(doc.Parts,
		aup.Part{ID: "2/subject", Message: 1, Kind: aup.PartSubject, Text: subject},
		aup.Part{ID: "2.1", Message: 1, Kind: aup.PartText, Text: text})
	return doc
}

// A mail between people that somebody passes on without a word reports nothing.
func TestTalkPassedOn(t *testing.T) {
	c := classifier(t)
	doc := passing("FYI", "Re: lunch", "Anna wrote:\n\nI think the meeting is at ten. Let me know what you do; does anyone know the agenda?\n\nCheers, Bo")
	doc.Messages[1].References = []string{"<1@a.example>"}
	v := c.Classify(doc)
	check(t, doc, v)
	if v.Primary != aup.None {
		t.Errorf("primary %s, want none", v.Primary)
	}
}

// What the few words say with which a message is passed on decides whether it is
// complained about, wanted, or for a filter to learn from.
func TestWordsAbove(t *testing.T) {
	c := classifier(t)
	for words, want := range map[string]aup.ClauseID{
		"Not again. Close this one's account, will you.":                                      "4",
		"Released too late: please put the garden centre on the allow list.":                  aup.None,
		"Sorry, wrong address, this should have gone to my sister.":                           aup.None,
		"Die Mail hing in der Quarantäne fest, bitte durchlassen.":                            aup.None,
		"Désolée, mauvais destinataire !":                                                     aup.None,
		"Попала в спам, а я подписан сам. Добавьте, пожалуйста, в белый список.":              aup.None,
		"間違えて通報しました。自分で登録した店のお知らせで、問題ありません。":                                                  aup.None,
		"Teach your filter this one; I have no complaint.":                                    "4.1",
		"Bitte den Filter damit anlernen. Keine Beschwerde.":                                  "4.1",
		"Il est passé au travers ; pour l'apprentissage du filtre, ce n'est pas une plainte.": "4.1",
		"Do nauki dla filtra, to nie jest skarga.":                                            "4.1",
		"필터가 놓친 메일입니다. 학습용으로 보냅니다.":                                                           "4.1",
	} {
		t.Run(words, func(t *testing.T) {
			doc := passing(words, "Spring sale", "Buy now! Lowest prices on garden chairs, free shipping, 60% off, satisfaction guaranteed. Click here to order today.\nUnsubscribe")
			v := c.Classify(doc)
			check(t, doc, v)
			if v.Primary != want {
				t.Errorf("primary %s, want %s", v.Primary, want)
			}
		})
	}
}

// Who asks for action against the sender of a message complains about it, however
// little the message says.
func TestPassedOnToComplain(t *testing.T) {
	c := classifier(t)
	for _, words := range []string{"Third notice. If nothing happens by Friday I block your netblock.", "Und wieder. Wann tun Sie etwas gegen den Kunden?", "Encore lui. Merci de bloquer votre client.", "貴社のサーバーからまた届きました。止めてください。"} {
		doc := passing(words, "Greetings", "Hello,\n\nhave you thought about your garden yet? We have. Ring us when it suits you.\n\nThe Lawn People")
		v := c.Classify(doc)
		check(t, doc, v)
		if v.Primary != "4" {
			t.Errorf("%s: primary %s, want 4", words, v.Primary)
		}
	}
}

// An exception must be claimed: spam is one only where it is handed to a filter.
func TestExceptionIsClaimed(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]aup.Outcome{
		"spam": aup.OutcomeViolation,
		"For the spam filter: a missed sample, please use it for training. No complaint about anybody.":      aup.OutcomeException,
		"Für den Spamfilter: diese Nachricht wurde nicht erkannt, bitte zum Lernen verwenden. Probe anbei.":  aup.OutcomeException,
		"I keep getting spam from your customer although I asked to be removed. My own filter catches some.": aup.OutcomeViolation,
	} {
		t.Run(text, func(t *testing.T) {
			doc := document("Acceptable Use Policy", text)
			v := c.Classify(doc)
			check(t, doc, v)
			if exception := v.Primary == "4.1"; exception != (want == aup.OutcomeException) || v.Primary == aup.None {
				t.Errorf("outcome %s, primary %s", v.Outcome, v.Primary)
			}
		})
	}
}

// Threats to life and legal process are read first.
func TestUrgent(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]string{
		"He writes that he is going to kill me and that he knows where I live.":                                              "may concern a threat to life",
		"Er schreibt, dass er mich umbringt, und er weiß, wo ich wohne. Ich habe Angst.":                                     "may concern a threat to life",
		"Copies of our film are offered there, an infringement of our copyright. The court order and subpoena are attached.": "may concern legal process",
		"Copies of our film are offered there, an infringement of our copyright.":                                            "",
	} {
		t.Run(text, func(t *testing.T) {
			if v := c.Classify(document("Acceptable Use Policy", text)); v.Urgent != want {
				t.Errorf("urgent %q, want %q: %+v", v.Urgent, want, v.Clauses)
			}
		})
	}
}

// What cannot be judged says why.
func TestReviewReasons(t *testing.T) {
	c := classifier(t)
	empty := document("Acceptable Use Policy", "")
	empty.Attachments = []aup.Attachment{{Name: "screen.png", Unread: "image"}}
	foreign := document("Acceptable Use Policy", "Mtu huyu ananisumbua kila siku kwa barua nyingi.")
	foreign.Language = "sw"
	for name, tc := range map[string]struct {
		doc  *aup.Document
		want string
	}{
		"only an image": {empty, "there is no text to read: image was not examined"},
		"language":      {foreign, "its language (sw) is not covered"},
		"nothing":       {document("Acceptable Use Policy", "Zzyx qqwv."), "nothing known was found in it"},
	} {
		t.Run(name, func(t *testing.T) {
			v := c.Classify(tc.doc)
			check(t, tc.doc, v)
			if v.Outcome != aup.OutcomeReview || v.Reason != tc.want {
				t.Errorf("outcome %s, reason %q, want %q", v.Outcome, v.Reason, tc.want)
			}
		})
	}
}

// Who passes a message on says whether they mind it.
func TestCoverWords(t *testing.T) {
	c := classifier(t)
	letter := "Spring offers: 20% off all garden tools, order today, free shipping. You get this because you are a customer; unsubscribe here."
	for cover, complains := range map[string]bool{
		"Never asked for this, please stop your customer.":               true,
		"Nie bestellt, bitte abstellen.":                                 true,
		"Your filter quarantined this. It is legitimate, please release": false,
		"Para su información, no hace falta hacer nada.":                 false,
	} {
		t.Run(cover, func(t *testing.T) {
			doc := document("Acceptable Use Policy", cover+"\n\n-----\n"+letter)
			v := c.Classify(doc)
			check(t, doc, v)
			if (v.Primary != aup.None) != complains {
				t.Errorf("primary %s (%s)", v.Primary, v.Reason)
			}
		})
	}
}
