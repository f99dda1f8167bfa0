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

// Five megabytes take bounded time, and what stands at the beginning counts.
func TestLarge(t *testing.T) {
	c := classifier(t)
	start := time.Now()
	doc := document("Acceptable Use Policy", "The attachment is ransomware; our scanner says so.\n\n"+strings.Repeat("and so on, line after line, as it was. ", 5<<20/40))
	v := c.Classify(doc)
	check(t, doc, v)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if v.Primary != "2.5" {
		t.Errorf("primary %s, want 2.5", v.Primary)
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

// A mail between people that somebody passes on without a word reports nothing.
func TestTalkPassedOn(t *testing.T) {
	c := classifier(t)
	doc := document("Acceptable Use Policy", "FYI")
	doc.Messages = append(doc.Messages, aup.Message{Via: aup.ViaRFC822, Subject: "Re: lunch", References: []string{"<1@a.example>"}})
	doc.Parts = append(doc.Parts,
		aup.Part{ID: "2/subject", Message: 1, Kind: aup.PartSubject, Text: "Re: lunch"},
		aup.Part{ID: "2.1", Message: 1, Kind: aup.PartText, Text: "Anna wrote:\n\nI think the meeting is at ten. Let me know what you do; does anyone know the agenda?\n\nCheers, Bo"})
	v := c.Classify(doc)
	check(t, doc, v)
	if v.Primary != aup.None {
		t.Errorf("primary %s, want none", v.Primary)
	}
}
