package classify_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/policy"
)

// shippedPolicy returns the built-in policy.
func shippedPolicy(t testing.TB) *policy.Policy {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "config", "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(data, "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func classifier(t testing.TB) *classify.Classifier {
	t.Helper()
	c, err := classify.New(shippedPolicy(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// document returns a report of one text part.
func document(subject, text string) *aup.Document {
	return &aup.Document{
		Messages: []aup.Message{{Parent: -1, Subject: subject}},
		Parts: []aup.Part{
			{ID: aup.SubjectPart, Kind: aup.PartSubject, Text: subject},
			{ID: "1", Kind: aup.PartText, Text: text},
		},
	}
}

func TestClauses(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]aup.ClauseID{
		"A shop on your service sells ghost guns and ammunition.":                                                    "1",
		"Copies of our film are offered there, in breach of our copyright. Please take them down.":                   "1.1",
		"This tenant hands out a keygen and cracked installers of our CAD program.":                                  "1.2",
		"Our administrator logs in from Tehran every night, through a VPN.":                                          "1.3",
		"He writes that he will kill me, he knows where I live, I am afraid of him.":                                 "1.4",
		"The page collects home addresses and passport scans of patients and publishes them.":                        "1.5",
		"One tenant reboots every till of the other tenants at night, and slows down everybody.":                     "2",
		"A former employee still has the password and still logs in to our tenant.":                                  "2.1",
		"203.0.113.9 has been brute forcing our SSH since midnight: failed password for root.":                       "2.2",
		"A crawler polls the catalogue every second and caches all of it.":                                           "2.3",
		"A man of forty pretends to be a teenager there and asks girls of 12, children, for naked pictures.":         "2.4",
		"The attachment is a trojan, our scanner says; the download from your network is ransomware.":                "2.5",
		"The tenant was opened under a false name: no such company, no such person, the number is made up.":          "3",
		"Somebody impersonates our company: he writes in our name and uses our logo. It is not us.":                  "3.1",
		"I keep getting junk mail from your customer. I never subscribed.":                                           "4",
		"Submitting spam for your filter: the attached sample is a false negative, for training of the spam filter.": "4.1",
		"The privacy notice and the legal link at the foot of the portal were removed by the administrator.":         "5",
		"His signature in the forum links to warez sites and pirated films.":                                         "5.1",
		"They sell a booter: DDoS for hire, you buy credits and put in an IP.":                                       "5.2",
		"Ein Mitarbeiter verteilt Schadsoftware, der Anhang ist ein Trojaner.":                                       "2.5",
		"Je reçois du spam de votre client, je ne me suis jamais inscrit.":                                           "4",
		"Desde su red hay un ataque de fuerza bruta contra nuestro servidor.":                                        "2.2",
		"弊社を装った偽のメールがお客様に届いています。弊社のものではありません。":                                                                       "3.1",
		"Пиратские копии наших фильмов размещены на вашем сервисе, нарушение авторских прав.":                        "1.1",
		"Just a question about your policy: may we use our own crawler on our own tenant? Would that be allowed?":    aup.None,
		"I am out of the office until Monday and will reply when I return.":                                          aup.None,
		"Thanks for the quick work, the page is gone now. You can close it.":                                         aup.None,
		"Daily report: we found no spam, no malware and no phishing from your network. Nothing to report.":           aup.None,
	} {
		t.Run(text, func(t *testing.T) {
			v := c.Classify(document("Acceptable Use Policy", text))
			if v.Primary != want {
				got, _ := json.MarshalIndent(v, "", " ")
				t.Errorf("primary %s, want %s\n%s", v.Primary, want, got)
			}
		})
	}
}

// Whoever is harmed, a report about minors is read first.
// TestHowBad checks that a verdict is as bad as the worst of its clauses, and
// sealed if one of them is.
func TestHowBad(t *testing.T) {
	c, p := classifier(t), shippedPolicy(t)
	for _, text := range []string{
		"He writes that he will kill me, he knows where I live, I am afraid of him.",
		"Unsolicited bulk mail from your customer, every day, to thousands of our users.",
		"A group on your service trades child sexual abuse material, pictures of minors.",
	} {
		v := c.Classify(document("Acceptable Use Policy", text))
		if len(v.Clauses) == 0 {
			t.Fatalf("%s: no clause", text)
		}
		var worst aup.Severity
		sealed := false
		for _, id := range v.Clauses {
			cl, _ := p.Clause(id)
			if worst == "" || cl.Severity.Rank() < worst.Rank() {
				worst = cl.Severity
			}
			sealed = sealed || cl.Sealed
		}
		if v.Severity != worst || worst == "" || v.Sealed != sealed {
			t.Errorf("%s: %v is %q, sealed %v; want %q, %v", text, v.Clauses, v.Severity, v.Sealed, worst, sealed)
		}
	}
}

func TestMinorsAreUrgent(t *testing.T) {
	c := classifier(t)
	for _, text := range []string{
		"An account shares child sexual abuse material. Hashes follow.",
		"Is it allowed that an app asks children for their full name and home address?",
		"Auf dem Konto liegen Missbrauchsdarstellungen von Kindern.",
	} {
		if v := c.Classify(document("Acceptable Use Policy", text)); v.Urgent == "" {
			t.Errorf("%q is not urgent: %+v", text, v)
		}
	}
}

func TestWhoseWordsTheyAre(t *testing.T) {
	c := classifier(t)
	quoted := "The policy prohibits gambling, piracy, phishing, malware, spam and denial of service."
	own := "\nWhich of your offices handles invoices? I have a question about the bill."
	doc := document("Acceptable Use Policy", quoted+own)
	doc.Parts[1].Segments = []aup.Segment{
		{Range: aup.Range{End: len(quoted)}, Voice: aup.VoicePolicy},
		{Range: aup.Range{Start: len(quoted), End: len(quoted + own)}, Voice: aup.VoiceOwn},
	}
	if v := c.Classify(doc); v.Primary != aup.None {
		t.Errorf("a quotation of the policy was taken for a report: %+v", v)
	}
	hidden := document("Acceptable Use Policy", "Thank you for your help, you can close it. malware malware trojan")
	hidden.Parts[1].Hidden = []aup.Range{{Start: 43, End: len(hidden.Parts[1].Text)}}
	if v := c.Classify(hidden); v.Primary != aup.None {
		t.Errorf("text that nobody sees was taken for a report: %+v", v)
	}
	spam := document("Acceptable Use Policy", "Your customer sent me this, I never signed up.")
	spam.Messages = append(spam.Messages, aup.Message{Parent: 0, Via: aup.ViaRFC822})
	spam.Parts = append(spam.Parts, aup.Part{ID: "2", Message: 1, Kind: aup.PartText, Text: "This is not spam. Buy now, free shipping! Unsubscribe here."})
	if v := c.Classify(spam); v.Primary != "4" {
		t.Errorf("spam that says it is none: primary %s, want 4", v.Primary)
	}
}

// What splits or hides words from a machine does not hide them from this one.
func TestDisguisedWords(t *testing.T) {
	c := classifier(t)
	for _, text := range []string{
		"ran\u200bsom\u200dware on your server", "ＲＡＮＳＯＭＷＡＲＥ on your server", "RANSOMWARE on your server", "ran\u00adsomware on your server",
	} {
		v := c.Classify(document("Acceptable Use Policy", text))
		if v.Primary != "2.5" {
			t.Errorf("%q: primary %s, want 2.5", text, v.Primary)
		}
		check(t, document("Acceptable Use Policy", text), v)
	}
}

// check holds v against what every verdict promises.
func check(t testing.TB, doc *aup.Document, v aup.Verdict) {
	t.Helper()
	for _, f := range v.Findings {
		if len(f.Spans) == 0 || f.Score < 0 || f.Score > 1 {
			t.Errorf("finding %+v has no span, or no score in [0,1]", f)
		}
		for _, s := range f.Spans {
			p, ok := doc.Part(s.Part)
			if !ok || s.Start < 0 || s.Start >= s.End || s.End > len(p.Text) || p.Text[s.Start:s.End] != s.Text || s.Reason == "" || !utf8.ValidString(s.Text) {
				t.Errorf("span %+v is not in its part's text, or has no reason", s)
			}
		}
	}
	switch v.Outcome {
	case aup.OutcomeNone:
		if v.Primary != aup.None || len(v.Clauses) > 0 {
			t.Errorf("no violation, but %+v", v)
		}
	case aup.OutcomeViolation, aup.OutcomeException:
		if len(v.Clauses) == 0 || v.Clauses[0] != v.Primary {
			t.Errorf("the primary clause %s is not the first of %v", v.Primary, v.Clauses)
		}
	case aup.OutcomeReview:
		if !v.Review || v.Reason == "" {
			t.Errorf("a review without a reason: %+v", v)
		}
	default:
		t.Errorf("outcome %q", v.Outcome)
	}
}

func FuzzClassify(f *testing.F) {
	c := classifier(f)
	for _, s := range []string{"spam", "ﬁ ﬀ ß ı İ", "no malware. 无垃圾邮件。\n\n- x", "\xff\xfe", "а́б ransom\u200bware?", strings.Repeat("spam ", 50)} {
		f.Add("Acceptable Use Policy", s)
	}
	f.Add("0", "㌮") // one character that is folded to several
	f.Fuzz(func(t *testing.T, subject, text string) {
		doc := document(strings.ToValidUTF8(subject, "\ufffd"), strings.ToValidUTF8(text, "\ufffd"))
		check(t, doc, c.Classify(doc))
	})
}

func TestTheSameAgain(t *testing.T) {
	doc := document("Acceptable Use Policy: spam, phishing and malware", strings.Repeat("Spam with malware, phishing for passwords in our name, links to pirated films. ", 20))
	want, err := json.Marshal(classifier(t).Classify(doc))
	if err != nil {
		t.Fatal(err)
	}
	c := classifier(t)
	for _, threads := range []int{1, 2} {
		var running sync.WaitGroup
		for range threads {
			running.Go(func() {
				for range 100 / threads {
					if got, err := json.Marshal(c.Classify(doc)); err != nil || !bytes.Equal(got, want) {
						t.Errorf("another verdict on the same document: %v\n%s\n%s", err, got, want)
						return
					}
				}
			})
		}
		running.Wait()
	}
}

// A clause that an operator adds works by its own words.
func TestOperatorsClause(t *testing.T) {
	p, err := policy.Parse([]byte(`name: own
clauses:
  - {id: "9", title: Drone flights, summary: Pilots must not land drones on the campus lawn., severity: low, cues: [quadcopter*]}
`), "own.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := classify.New(p)
	if err != nil {
		t.Fatal(err)
	}
	doc := document("Acceptable Use Policy", "Two quadcopters came down beside the library again, and there is spam too.")
	v := c.Classify(doc)
	check(t, doc, v)
	if v.Primary != "9" || len(v.Clauses) != 1 {
		t.Errorf("verdict %+v, want clause 9 and none that the policy does not have", v)
	}
}

// BenchmarkClassify classifies reports of the usual length.
func BenchmarkClassify(b *testing.B) {
	c := classifier(b)
	var docs []*aup.Document
	bytes := 0
	for _, text := range []string{
		"From your network somebody has been guessing passwords on our bastion since the morning, and we would like it to stop. ",
		"Von Ihrem Server bekomme ich täglich Werbung, obwohl ich mich abgemeldet habe. Bitte sperren Sie den Absender. ",
		"С вашего сервера приходят поддельные письма от имени нашего банка, у клиентов спрашивают пароль. ",
		"弊社を装った偽のメールがお客様に届いています。弊社のものではありません。至急停止してください。",
	} {
		docs = append(docs, document("Acceptable Use Policy", strings.Repeat(text, 8)))
		bytes += 8 * len(text)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		for _, doc := range docs {
			c.Classify(doc)
		}
	}
	b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "reports/s")
}
