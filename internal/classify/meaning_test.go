package classify_test

import (
	"slices"
	"testing"

	"aupd/internal/aup"
)

// German is found as it is written, and as it is typed without umlauts.
func TestUmlauts(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]aup.ClauseID{
		"Ihr Kunde betreibt Glücksspiel.":    "1.1",
		"Ihr Kunde betreibt Gluecksspiel.":   "1.1",
		"Das Angebot dient der Geldwäsche.":  "1",
		"Das Angebot dient der Geldwaesche.": "1",
	} {
		t.Run(text, func(t *testing.T) {
			if v := c.Classify(document("Acceptable Use Policy", text)); v.Primary != want {
				t.Errorf("primary %s, want %s", v.Primary, want)
			}
		})
	}
}

// What is denied is not reported, wherever the denial stands; what follows a
// contrast is.
func TestDenial(t *testing.T) {
	c := classifier(t)
	for _, tt := range []struct {
		text   string
		want   aup.ClauseID
		denied aup.ClauseID
	}{
		{"Malware was not detected on it. A crawler of your customer polls our catalogue every second.", "2.3", "2.5"},
		{"This is not spam but phishing: the page asks for the password of our bank and steals passwords.", "1.5", "4"},
		{"No spam, no virus and no phishing. Just your host 198.51.100.0 brute forcing our SSH server.", "2.2", "2.5"},
		{"Das ist kein Spam, sondern ein Trojaner: der Anhang verschlüsselt Dateien.", "2.5", "4"},
		{"Schadsoftware, Phishing oder Spam haben wir nicht gefunden; ein Bot Ihres Kunden ruft jede Sekunde unseren ganzen Katalog ab.", "2.3", "2.5"},
		{"Вирусов, фишинга или спама мы не обнаружили; с вашего адреса идет перебор паролей на наш сервер.", "2.2", "2.5"},
		{"これはスパムではなく、フィッシングです。偽のログインページでパスワードを入力させています。", "1.5", "4"},
		{"스팸이 아니라 악성코드입니다. 첨부 파일이 랜섬웨어입니다.", "2.5", "4"},
		{"Spam değil, kötü amaçlı yazılım: ekteki dosya truva atı.", "2.5", "4"},
		{"Ce n'est pas du spam mais un cheval de Troie, la pièce jointe est un rançongiciel.", "2.5", "4"},
		{"No es spam sino un ataque de fuerza bruta contra nuestro servidor.", "2.2", "4"},
		{"这不是垃圾邮件，而是木马，附件是勒索软件。", "2.5", "4"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			v := c.Classify(document("Acceptable Use Policy", tt.text))
			if v.Primary != tt.want || slices.Contains(v.Clauses, tt.denied) {
				t.Errorf("primary %s of %v, want %s and not %s", v.Primary, v.Clauses, tt.want, tt.denied)
			}
		})
	}
}

// A denying word that takes nothing away: what was not asked for, not allowed or
// not ended has happened, and the last figure of an address denies nothing.
func TestMootDenial(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]aup.ClauseID{
		"We did not ask for this spam and did not subscribe to these bulk mails.":                   "4",
		"Wir haben diesen Spam nicht bestellt, die Werbemails Ihres Kunden hören nicht auf.":        "4",
		"It does not stop: 192.0.2.0 brute force against our SSH, failed password for root.":        "2.2",
		"Not only malware, ransomware too, in the attachment that your customer sends.":             "2.5",
		"Kunden deres sender spam hver dag, jeg har ikke bedt om denne reklamen.":                   "4",
		"O cliente hospeda malware no servidor, no site há um cavalo de troia.":                     "2.5",
		"Мы не заказывали этот спам, нежелательная реклама вашего клиента приходит каждый день.":    "4",
		"我们没有授权，你们的用户在网站上提供我们电影的盗版，侵犯版权。":                                                           "1.1",
		"Am 3. Mai kam wieder Spam von Ihrem Kunden, unerwünschte Werbung an alle unsere Adressen.": "4",
	} {
		t.Run(text, func(t *testing.T) {
			if v := c.Classify(document("Acceptable Use Policy", text)); v.Primary != want {
				t.Errorf("primary %s, want %s", v.Primary, want)
			}
		})
	}
}
