package mailbox

import (
	"strings"
	"testing"
	"time"

	"aupd/internal/imaptest"
)

const phrase = "Acceptable Use Policy"

func TestRuleMatches(t *testing.T) {
	r := NewRule(phrase)
	for name, subject := range imaptest.Subjects() {
		t.Run(name, func(t *testing.T) {
			header := "From: a@b.example\r\nSubject:" + subject + "\r\nTo: c@d.example\r\n\r\n"
			if d, text := r.Decide([]byte(header)); d != Match {
				t.Errorf("Decide = %s (%q), want %s", d, text, Match)
			}
		})
	}
}

func TestRuleHeaders(t *testing.T) {
	r := NewRule("  acceptable \t use policy ")
	for name, tc := range map[string]struct {
		header  string
		want    Decision
		subject string
	}{
		"space before the colon": {"Subject : " + phrase + "\r\n\r\n", Match, phrase},
		"tab before the colon":   {"subject\t: " + phrase + "\r\n\r\n", Match, phrase},
		"first of two":           {"Subject: " + phrase + "\r\nSubject: hello\r\n\r\n", Match, phrase},
		"second of two":          {"Subject: hello\r\nX: y\r\nSUBJECT: " + phrase + "\r\n\r\n", Match, phrase},
		"behind a bad line":      {"no colon here\r\nSubject: " + phrase + "\r\n\r\n", Match, phrase},
		"behind an mbox line":    {"From a@b.example Thu Jan  1\r\nSubject: " + phrase + "\r\n\r\n", Match, phrase},
		"behind a BOM":           {"\xef\xbb\xbfSubject: " + phrase + "\r\n\r\n", Match, phrase},
		"NUL inside":             {"Subject: Accep\x00table Use Policy\r\n\r\n", Match, phrase},
		"in the body":            {"Subject: hello\r\n\r\nSubject: " + phrase + "\r\n", No, "hello"},
		"in another field":       {"X-Subject: " + phrase + "\r\nSubject: hello\r\n\r\n", No, "hello"},
		"continues another":      {"To: x\r\n Subject: " + phrase + "\r\n\r\n", No, ""},
		"no subject":             {"From: a@b.example\r\n\r\n", No, ""},
		"nothing":                {"", No, ""},
		"unreadable charset":     {"Subject: =?x-gone?B?goOEhQ==?=\r\n\r\n", Undecided, "‚ƒ„…"},
		"unreadable base64":      {"Subject: =?utf-8?B?!?=\r\n\r\n", Undecided, ""},
		"readable elsewhere":     {"Subject: =?utf-8?B?!?= " + phrase + "\r\n\r\n", Match, phrase},
	} {
		t.Run(name, func(t *testing.T) {
			d, subject := r.Decide([]byte(tc.header))
			if d != tc.want || subject != tc.subject {
				t.Errorf("Decide = %s, %q; want %s, %q", d, subject, tc.want, tc.subject)
			}
		})
	}
}

func TestRuleNearMisses(t *testing.T) {
	r := NewRule(phrase)
	for _, s := range []string{
		"Aceptable Use Policy", "Acceptible Use Policy breach", "Acceptable Use Polcy", "acceptable ues policy", "Acceptble Use  Policiy",
		"Acceptable Usage Policy", "Acceptable-Use Policy", "AcceptableUse Policy", "acceptable_use_policy", "Acceptable Use Policies",
		"Use Policy, acceptable", "Policy on acceptable use", "violation of your policy of acceptable use of services",
		"Acceptable Use of Policy", "Acceptable Use", "AUP violation", "A.U.P. complaint", "Re: aup", "Terms of Use violation by your customer",
		"abuse policy", "fair use policy violated", "Аcceptable Use Policy",
		"Verstoß gegen die Richtlinie zur akzeptablen Nutzung", "Nutzungsrichtlinie verletzt",
		"Violation de la politique d'utilisation acceptable", "Política de uso aceptable", "Política de Uso Aceitável",
		"Criteri di utilizzo accettabile", "Beleid voor acceptabel gebruik", "Zasady dopuszczalnego użytkowania",
		"Policy för acceptabel användning", "Politik for acceptabel brug", "Retningslinjer for akseptabel bruk",
		"Hyväksyttävän käytön käytäntö", "Zásady přijatelného používání", "Нарушение политики допустимого использования",
		"Політика прийнятного використання", "Kabul Edilebilir Kullanım Politikası", "利用規定違反の報告", "可接受使用政策", "허용되는 사용 정책 위반",
		"سياسة الاستخدام المقبول", "מדיניות שימוש מקובל", "Πολιτική αποδεκτής χρήσης", "Politica de utilizare acceptabilă",
	} {
		t.Run(s, func(t *testing.T) {
			if d, _ := r.Decide([]byte("Subject: " + s + "\r\n\r\n")); d != NearMiss {
				t.Errorf("Decide = %s, want %s", d, NearMiss)
			}
		})
	}
}

func TestRuleOrdinarySubjects(t *testing.T) {
	r := NewRule(phrase)
	for _, s := range []string{
		"Invoice 4711", "Your password expires", "Is this acceptable?", "Policy renewal for car insurance", "Use of the meeting room",
		"Acceptance test report", "New privacy policy", "How to use the API", "Security policy update", "Re: acceptable prices, please advise",
		"Customer reports misuse", "UPS delivery: package AU-P12", "Abuse report: spam from 192.0.2.7", "policy", "use", "acceptable",
		"Please accept the user agreement", "group policies in use", "Datenschutzrichtlinie", "nouvelle politique tarifaire", "使用说明", "Rückfrage zur Nutzung",
	} {
		t.Run(s, func(t *testing.T) {
			if d, _ := r.Decide([]byte("Subject: " + s + "\r\n\r\n")); d != No {
				t.Errorf("Decide = %s, want %s", d, No)
			}
		})
	}
}

// No subject of a long header keeps the rule busy for long:
// work that grows with the square would take minutes.
func TestRuleBoundedWork(t *testing.T) {
	r := NewRule(phrase)
	for name, unit := range map[string]string{
		"words": "=?utf-8?Q?a?= ", "charsets": "=?utf-8?Q?a?= =?koi8-r?Q?a?= ", "begins of words": "=?", "begins of B": "=?x?B?", "ends of words": "?=",
		"words within words": "=?utf-8?Q?=3D=3Futf-8=3FQ=3F?= ", "bad base64": "=?utf-8?B?!!!!?= ", "foreign base64": "!", "letters": "a ", "accents": "e\u0301",
		"combining": "\u0301", "spaces": " ", "zero width": "\u200b", "fields": "x\r\nSubject: ", "folds": "\r\n ", "the phrase, nearly": "acceptable use polic ",
		"expanding": "\ufdfa", "not UTF-8": "\xff",
	} {
		t.Run(name, func(t *testing.T) {
			prefix := "Subject: "
			if name == "foreign base64" {
				prefix += "=?utf-8?B?"
			}
			header := prefix + strings.Repeat(unit, headerSize/4/len(unit)) + "\r\n\r\n"
			start := time.Now()
			d, _ := r.Decide([]byte(header))
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("%s after %v", d, took)
			} else {
				t.Logf("%s after %v", d, took.Round(time.Millisecond))
			}
		})
	}
}

func FuzzSubject(f *testing.F) {
	for _, s := range imaptest.Subjects() {
		f.Add([]byte("Subject:" + s + "\r\n\r\n"))
	}
	f.Add([]byte("Subject: =?=?=?utf-8?B?=?=\r\n =?a?b?c"))
	r := NewRule(phrase)
	f.Fuzz(func(t *testing.T, header []byte) {
		d, subject := r.Decide(header)
		if strings.ToValidUTF8(subject, "") != subject {
			t.Errorf("subject %q is not UTF-8", subject)
		}
		// A line before it never hides a subject, nor does a field behind it.
		more := append([]byte("junk line\r\nSubject: "+phrase+"\r\n"), header...)
		if got, _ := r.Decide(more); got != Match {
			t.Errorf("Decide = %s with the phrase in front of a header that is %s", got, d)
		}
	})
}
