package classify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
)

// news is a page of short notices, each with a link to host.
func news(host string) (text string, links []aup.Link) {
	var b strings.Builder
	for i := range 24 {
		fmt.Fprintf(&b, "Offer of the week number %d, free for our readers.\n", i)
		start := b.Len()
		b.WriteString("Read more\n\n")
		links = append(links, aup.Link{Range: aup.Range{Start: start, End: b.Len() - 2}, Href: fmt.Sprintf("https://www.%s/story/%d", host, i)})
	}
	return b.String(), links
}

// passedOn returns a report that passes on m with text and says nothing of it.
func passedOn(m aup.Message, text string, links []aup.Link) *aup.Document {
	doc := document("Fwd: "+m.Subject, "")
	m.Via = aup.ViaRFC822
	doc.Messages = append(doc.Messages, m)
	doc.Parts = append(doc.Parts,
		aup.Part{ID: "2/subject", Message: 1, Kind: aup.PartSubject, Text: m.Subject},
		aup.Part{ID: "2.1", Message: 1, Kind: aup.PartHTML, Text: text, Links: links})
	return doc
}

// A newsletter whose links lead back to its sender is one that its sender stands
// by: wanted, unless the reporter minds it. With the same words and links to
// somewhere else it may be anybody's.
func TestLinksLeadBack(t *testing.T) {
	c := classifier(t)
	from := aup.Message{Subject: "Offers of the week", From: []aup.Address{{Addr: "letter@mail.gardenpost.example"}}}
	for _, tt := range []struct {
		name, host, own string
		auth            []aup.AuthResult
		none            bool
	}{
		{name: "to its sender", host: "gardenpost.example", none: true},
		{name: "for information", host: "gardenpost.example", own: "FYI", none: true},
		{name: "complained about", host: "gardenpost.example", own: "I never subscribed to this, please stop your customer."},
		{name: "complained about in German", host: "gardenpost.example", own: "Unverlangte Werbung, bitte abstellen."},
		{name: "elsewhere", host: "cheap-pills.example"},
		{name: "to a sender that is not the sender", host: "gardenpost.example", auth: []aup.AuthResult{{Method: "dkim", Result: "fail"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := from
			m.Auth = tt.auth
			text, links := news(tt.host)
			doc := passedOn(m, text, links)
			doc.Parts[1].Text = tt.own
			v := c.Classify(doc)
			check(t, doc, v)
			if is := v.Primary == aup.None; is != tt.none {
				t.Errorf("primary is %s", v.Primary)
			}
		})
	}
}

// Who answers what somebody else wrote is in a conversation; a message that is
// quoted as a whole is only passed on.
func TestConversationPassedOn(t *testing.T) {
	c := classifier(t)
	from := aup.Message{Subject: "offer", From: []aup.Address{{Addr: "jo@weavers.example"}}}
	const offer = "Special offer: the hall costs half the price in June, order until Friday"
	for _, tt := range []struct {
		name, text string
		want       aup.ClauseID
	}{
		{"answered", "> " + offer + "\n> from our shop today.\n\nThe second one looks good to me.\nShall we meet?\n", aup.None},
		{"quoted whole", "> " + offer + "\n> from our shop today.\n>\n> The second one looks good to me.\n> Shall we meet?\n", "4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := passedOn(from, tt.text, nil)
			v := c.Classify(doc)
			check(t, doc, v)
			if v.Primary != tt.want {
				t.Errorf("primary is %s, want %s", v.Primary, tt.want)
			}
		})
	}
}

// A post to a mailing list is no report, whatever it speaks of. The list may be
// the support mailbox itself: then what comes through it is.
func TestThroughAList(t *testing.T) {
	c := classifier(t)
	const text = "More and more junk mail comes from that relay. Has anyone added it to the block list? Unsolicited mail from it is all I see."
	for _, tt := range []struct {
		name   string
		header aup.Field
		none   bool
	}{
		{"another list", aup.Field{Name: "List-Id", Value: "Talk of filters <filters.lists.example>"}, true},
		{"the mailbox is the list", aup.Field{Name: "List-Id", Value: "<support.cloud.example>"}, false},
		{"the mailbox is where the list is written to", aup.Field{Name: "List-Post", Value: "<mailto:support@cloud.example>"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := document("Acceptable Use Policy", text)
			doc.Messages[0].To = []aup.Address{{Addr: "support@cloud.example"}}
			doc.Messages[0].Header = []aup.Field{tt.header}
			v := c.Classify(doc)
			check(t, doc, v)
			if is := v.Primary == aup.None; is != tt.none {
				t.Errorf("primary is %s", v.Primary)
			}
		})
	}
}

// What a reporter quotes who answers nobody is what they pass on; below an answer
// it is earlier mail.
func TestQuoted(t *testing.T) {
	c := classifier(t)
	const (
		own   = "Thank you for the quick answer.\n\n"
		quote = "> Last chance: 70% off all printers, buy now, free shipping, click here to order today\n"
	)
	for _, tt := range []struct {
		name    string
		answers []string
		want    aup.ClauseID
	}{
		{"in an answer", []string{"<1@support.example>"}, aup.None},
		{"in a mail of its own", nil, "4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := document("Acceptable Use Policy", own+quote)
			doc.Messages[0].InReplyTo = tt.answers
			doc.Parts[1].Segments = []aup.Segment{
				{Range: aup.Range{End: len(own)}, Voice: aup.VoiceOwn},
				{Range: aup.Range{Start: len(own), End: len(own + quote)}, Voice: aup.VoiceQuote},
			}
			v := c.Classify(doc)
			check(t, doc, v)
			if v.Primary != tt.want {
				t.Errorf("primary is %s, want %s", v.Primary, tt.want)
			}
		})
	}
}

// A lure that ends in a disclaimer, all in one line, is not left out with it.
func TestAllDisclaimer(t *testing.T) {
	c := classifier(t)
	const text = "Your mailbox password will expire today. Click here to verify your account and keep your password. This message is confidential."
	doc := passedOn(aup.Message{Subject: "Notice"}, text, nil)
	doc.Parts[len(doc.Parts)-1].Segments = []aup.Segment{{Range: aup.Range{End: len(text)}, Voice: aup.VoiceDisclaimer}}
	v := c.Classify(doc)
	check(t, doc, v)
	if v.Primary != "1.5" {
		t.Errorf("primary is %s, want 1.5", v.Primary)
	}
}

// A sender who has a known name and another's domain poses as it.
func TestPosing(t *testing.T) {
	c := classifier(t)
	const text = "Your parcel waits. We need a few more details from you before Friday."
	for addr, want := range map[string]bool{"express@dhl.example": false, "costing@hotel.example": true} {
		t.Run(addr, func(t *testing.T) {
			doc := passedOn(aup.Message{Subject: "Parcel", From: []aup.Address{{Name: "DHL Express", Addr: addr}}}, text, nil)
			v := c.Classify(doc)
			check(t, doc, v)
			says := func(f aup.Finding) bool {
				return slices.ContainsFunc(f.Spans, func(s aup.Span) bool { return strings.Contains(s.Reason, "another domain") })
			}
			if got := slices.ContainsFunc(v.Findings, says); got != want {
				t.Errorf("posing is %v, want %v: %+v", got, want, v.Findings)
			}
		})
	}
}

// What a list writes below each message is not what the message is about.
func TestFooter(t *testing.T) {
	c := classifier(t)
	const (
		text   = "Special offer for members: the reader costs half in May, order here.\n"
		footer = "_______________________\nNews mailing list, unsubscribe here\nhttps://lists.club.example/options\n"
		after  = "\nFree shipping until Friday.\n"
	)
	doc := passedOn(aup.Message{Subject: "Offer"}, text+footer+after, nil)
	v := c.Classify(doc)
	check(t, doc, v)
	for _, f := range v.Findings {
		for _, s := range f.Spans {
			if s.Part == "2.1" && s.Start < len(text+footer) && s.End > len(text) {
				t.Errorf("%s rests on %q", f.Clause, s.Text)
			}
		}
	}
}

// The name of a mailbox is no statement about its mail.
func TestSpamInAnAddress(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]bool{
		"Your subscription is for spam@weavers.example, change it in your profile.":    false,
		"Your subscription is spam, and I write from jo@weavers.example, change that.": true,
	} {
		t.Run(text, func(t *testing.T) {
			doc := document("Acceptable Use Policy", text)
			v := c.Classify(doc)
			check(t, doc, v)
			says := func(f aup.Finding) bool {
				return slices.ContainsFunc(f.Spans, func(s aup.Span) bool { return s.Reason == "names unsolicited mail" })
			}
			if got := slices.ContainsFunc(v.Findings, says); got != want {
				t.Errorf("names spam: %v, want %v", got, want)
			}
		})
	}
}

// A post that is passed on is addressed to its list, of course.
func TestPostPassedOn(t *testing.T) {
	doc := passedOn(aup.Message{
		Subject: "Re-keying the hall",
		To:      []aup.Address{{Addr: "board@lists.club.example"}},
		Header:  []aup.Field{{Name: "List-Id", Value: "<board.lists.club.example>"}},
	}, "Keys at half price before Friday. Order from Ada, visit her website.", nil)
	c := classifier(t)
	v := c.Classify(doc)
	check(t, doc, v)
	if v.Primary != aup.None {
		t.Errorf("primary is %s, want none", v.Primary)
	}
}

// A report about a child is read as one by whatever way it came.
func TestMinorsThroughAList(t *testing.T) {
	c := classifier(t)
	for _, text := range []string{
		"Child sexual abuse material is hosted at that address, 40 pictures.",
		"A man asks girls of 12, children, for naked pictures there.",
	} {
		t.Run(text, func(t *testing.T) {
			doc := document("Acceptable Use Policy", text)
			doc.Messages[0].To = []aup.Address{{Addr: "support@cloud.example"}}
			doc.Messages[0].Header = []aup.Field{{Name: "List-Id", Value: "<hotline.lists.example>"}}
			if v := c.Classify(doc); !slices.Contains(v.Clauses, "2.4") || v.Urgent == "" {
				t.Errorf("clauses %v, urgent %q", v.Clauses, v.Urgent)
			}
		})
	}
}
