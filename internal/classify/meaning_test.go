package classify_test

import (
	"slices"
	"testing"

	"aupd/internal/aup"
)

// primary checks that each text reports the clause that stands beside it.
func primary(t *testing.T, texts map[string]aup.ClauseID) {
	t.Helper()
	c := classifier(t)
	for text, want := range texts {
		t.Run(text, func(t *testing.T) {
			doc := document("Acceptable Use Policy", text)
			v := c.Classify(doc)
			check(t, doc, v)
			if v.Primary != want {
				t.Errorf("primary %s %v, want %s", v.Primary, v.Clauses, want)
			}
		})
	}
}

// German is found as it is written, and as it is typed without umlauts.
func TestUmlauts(t *testing.T) {
	primary(t, map[string]aup.ClauseID{
		"Ihr Kunde betreibt Glücksspiel.":  "1.1",
		"Ihr Kunde betreibt Gluecksspiel.": "1.1",
		"Ihr Kunde betreibt Geldwäsche.":   "1",
		"Ihr Kunde betreibt Geldwaesche.":  "1",
	})
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
// A list of counts says nothing of what it counted none of. One such line may be
// about anything.
func TestEmptyRows(t *testing.T) {
	primary(t, map[string]aup.ClauseID{
		"Weekly scan, all checks done.\n\nmalware signatures ........ 0\nphishing pages: 0\nsign-ins from embargoed countries | clean\ncredential dumps        0 found\n\nNo action required.": "none",
		"Weekly scan.\n\nransomware samples: 14\nphishing pages: 0\nport scans: 0\n\nYour tenant hosts the ransomware; remove it.":                                                             "2.5",
		"Two files of yours are ransomware.\nanswers from you so far: 0":                                                                                                                       "2.5",
	})
}

func TestMootDenial(t *testing.T) {
	primary(t, map[string]aup.ClauseID{
		"We did not ask for this spam and did not subscribe to these bulk mails.":                   "4",
		"Wir haben diesen Spam nicht bestellt, die Werbemails Ihres Kunden hören nicht auf.":        "4",
		"It does not stop: 192.0.2.0 brute force against our SSH, failed password for root.":        "2.2",
		"Not only malware, ransomware too, in the attachment that your customer sends.":             "2.5",
		"Kunden deres sender spam hver dag, jeg har ikke bedt om denne reklamen.":                   "4",
		"O cliente hospeda malware no servidor, no site há um cavalo de troia.":                     "2.5",
		"Мы не заказывали этот спам, нежелательная реклама вашего клиента приходит каждый день.":    "4",
		"我们没有授权，你们的用户在网站上提供我们电影的盗版，侵犯版权。":                                                           "1.1",
		"Am 3. Mai kam wieder Spam von Ihrem Kunden, unerwünschte Werbung an alle unsere Adressen.": "4",
	})
}

// Messages that report nothing, for all the words of reports in them.
func TestReportsNothing(t *testing.T) {
	c := classifier(t)
	for text, subject := range map[string]string{
		"Dear hiring team, I am applying for the post of abuse analyst. I handled botnets, card fraud and threats for six years. My CV is enclosed.":                                   "hello",
		"Bewerbung als Analystin: Phishing und Schadsoftware sind mein Alltag. Lebenslauf und Anschreiben anbei.":                                                                      "hello",
		"Da giovane entrai nel computer del comune e rubai le password. Non ho niente da segnalare, volevo solo raccontarlo.":                                                          "hello",
		"You asked whether tenant 4471 is the one with the casino. It is not; theirs is a card game club for pensioners, no stakes. I would leave it.":                                 "re your question",
		"For the Welsh version: is \"impersonate\" dynwared or personadu? And nobody could agree on \"spam\". Thoughts welcome.":                                                       "vocab",
		"Az oldalukon a \"vírus\" szó kétszer szerepel egymás után. Semmi más, csak szóltam.":                                                                                          "Elírás",
		"Avocatul nostru întreabă dacă un export lunar al listei de angajați prin API-ul vostru ar fi \"colectare de date\". Da sau nu?":                                               "Interpretare",
		"За вашим листом перевірили підозрілий файл. Це драйвер сканера, підпис дійсний. Шкідливого коду немає, звернення закрито.":                                                    "Результат",
		"Zapomněla jsem heslo ke kalendáři sboru a odkaz na nové nepřichází. Pomůžete mi?":                                                                                             "Ztracené heslo",
		"Our quarterly check is done: 80 laptops scanned for the loader, no trace of malware. Case closed.":                                                                            "Result of our check",
		"Vermerk: Der Verdacht auf Phishing hat sich nicht bestätigt, unauffällig. Vorgang geschlossen.":                                                                               "Prüfergebnis",
		"Résultat du contrôle : nous avons vérifié le fichier signalé, rien d'anormal, aucun logiciel malveillant. Dossier clos.":                                                      "Contrôle interne",
		"Проверка завершена: мы проверили жалобу на вредоносный файл, ничего подозрительного, не подтвердилось. Обращение закрыто.":                                                    "Результат проверки",
		"調査結果：通報のあったファイルを確認したところ、マルウェアは検出されませんでした。本件はクローズします。":                                                                                                                         "調査の結果",
		"Draft 3 of the translation is in the folder. How do we render \"spoofing\", and \"unsolicited bulk e-mail\"? Comments by Friday.":                                             "Translation of the policy",
		"Tippfehler im deutschen Text: dort steht \"Schadsofware\" und \"Spamm\". Das ist keine Beschwerde, nur eine Korrektur.":                                                       "Wortlaut",
		"Abuse Desk Days: two days, 30 talks on botnets, booters and phishing kits. Early bird tickets until May. You receive this because you attended last year. Unsubscribe below.": "Conference programme",
		"Please find attached our invoice no. 4471 for six toner cartridges, ordered by Ms Karlsson, delivered on 3 June. Payment due within 30 days.":                                 "Invoice 4471",
		"Since the update the rota will not open on my phone, it spins and keeps asking me to accept the policy. Can you help me?":                                                     "Help",
	} {
		t.Run(subject, func(t *testing.T) {
			if v := c.Classify(document("Acceptable Use Policy: "+subject, text)); v.Primary != aup.None {
				t.Errorf("primary %s %v, want none", v.Primary, v.Clauses)
			}
		})
	}
}

// A complaint about such a message remains a complaint.
func TestReportsAllTheSame(t *testing.T) {
	primary(t, map[string]aup.ClauseID{
		"For the fifth time this month we are offered early bird tickets for a \"Cloud Summit\" we have never heard of. The unsubscribe link returns an error. Sent through your relay, headers on request.": "4",
		"Seit Wochen bekommen wir einen Newsletter über Zahnimplantate, den niemand bestellt hat. Abmelden führt ins Leere. Der Absender ist Ihr Kunde.":                                                     "4",
		"We received an invoice no. 8812 for roof tiles that we did order, in the name of our real supplier but with another IBAN. Our bookkeeper nearly paid it. The mailbox is hosted with you.":           "1.4",
		"Result of our check: 41,000 failed SSH logins from 192.0.2.77, your address, between 02:00 and 04:00. No intrusion succeeded. Please stop this host.":                                               "2.2",
		"Your customer has changed the wording of the legal notice in the portal and removed the link to the terms. Only our own draft is left.":                                                             "5",
		"頼んでもいない早割チケットの宣伝メールが毎日届きます。配信停止を押しても止まりません。御社のサーバーから送られています。":                                                                                                                                       "4",
		"The school newsletter form on your service collects full names, birthdays and addresses of the children and sells them to a toy firm. No parent was asked.":                                         "2.4",
		"My boss thinks that we are exempt, but our two engineers sign in to your console from Damascus every day.":                                                                                          "1.3",
		"Kontrol ettik: 198.51.100.9 adresiniz dün geceden beri SSH sunucumuza kaba kuvvet saldırısı yapıyor. Durdurun.":                                                                                     "2.2",
		"Your customer sends this newsletter again and again, we never subscribed and unsubscribe does nothing. It is spam, please stop them.":                                                               "4",
		"You closed the case, but the phishing page is up again and steals passwords. Please take it down.":                                                                                                  "1.5",
		"The invoice is a fake: somebody poses as our supplier, with changed bank details, and our clerk paid 40,000. Fraud.":                                                                                "1.4",
		"Since Monday nobody can log in: a DDoS from your network floods our portal, please block it.":                                                                                                       "2.2",
	})
}

// A rule under a heading does not make a message that is passed on of what
// follows; one that stands by itself does.
func TestHeadingUnderlined(t *testing.T) {
	c := classifier(t)
	const body = "Your mailbox is full. Verify your account within 24 hours: click here to confirm your password."
	for text, want := range map[string]bool{
		"Weekly letter\n=============\n" + body:   false,
		"See below.\n------------------\n" + body: true,
	} {
		v := c.Classify(document("Acceptable Use Policy", text))
		passedOn := false
		for _, f := range v.Findings {
			for _, s := range f.Spans {
				passedOn = passedOn || s.Reason == "the message that is reported asks for account data"
			}
		}
		if passedOn != want {
			t.Errorf("%q: read as passed on: %t, want %t", text, passedOn, want)
		}
	}
}

// No report about minors is missed, however little it names; a child that is
// named in passing makes none.
func TestMinors(t *testing.T) {
	c := classifier(t)
	for _, tt := range []struct {
		text string
		want []aup.ClauseID
	}{
		{"Zgłoszenie Dyżurnet. Kategoria A, szacowany wiek 6-9 lat, dwóch analityków. Prosimy nie otwierać i zabezpieczyć logi.", []aup.ClauseID{"1.1", "2.4"}},
		{"热线通报。内容分类：A类。估计年龄：7至9岁。两名分析员确认。请勿打开链接，请保留记录。", []aup.ClauseID{"1.1", "2.4"}},
		{"Horká linka, hlášení 51. Sexuální zneužívání dítěte, kategorie B, odhadovaný věk 8 let. Neotevírejte.", []aup.ClauseID{"1.1", "2.4"}},
		{"A stranger in the reading club asks the little ones, most of them seven, to tell him when their parents go out.", []aup.ClauseID{"2.4"}},
		{"Le concours de dessin hébergé chez vous demande aux enfants de CE2 leur adresse et le téléphone des parents, sans accord.", []aup.ClauseID{"2.4"}},
		{"Oyundaki bir adam on yaşındaki kızlardan fotoğraf istiyor ve annelerine söylememelerini tembihliyor.", []aup.ClauseID{"2.4"}},
		{"学習アプリのチャットで、大人らしい人物が小学生に写真を送るよう求め、親には内緒だと言っています。", []aup.ClauseID{"2.4"}},
		{"Hotline report 88-201. Category A. Estimated age: 6-9. Assessed by two analysts. Do not open the address, preserve the records for the police.", []aup.ClauseID{"1.1", "2.4"}},
		{"Meldestelle, Meldung 5521. Kategorie B, geschätztes Alter 7 bis 10, bewertet von zwei Analysten. Bitte nicht öffnen, Polizei ist informiert.", []aup.ClauseID{"1.1", "2.4"}},
		{"Signalement 7719 du point de contact. Catégorie B, âge estimé : 9-12 ans, deux analystes. Ne pas ouvrir.", []aup.ClauseID{"1.1", "2.4"}},
		{"Línea de denuncia, aviso 310. Categoría A, edad estimada 5-8, dos analistas. No abran el enlace.", []aup.ClauseID{"1.1", "2.4"}},
		{"Горячая линия, сообщение 4410. Категория B, предполагаемый возраст 8-10 лет, оценено двумя аналитиками. Не открывайте.", []aup.ClauseID{"1.1", "2.4"}},
		{"ホットライン通報 第902号。カテゴリーA、推定年齢 7歳から9歳、分析官2名。開かないでください。", []aup.ClauseID{"1.1", "2.4"}},
		{"Vihjelinja, ilmoitus 118: lapsen seksuaalista hyväksikäyttöä esittävä aineisto, luokka A, arvioitu ikä 9.", []aup.ClauseID{"1.1", "2.4"}},
		{"A colouring contest on your site asks under-8s for their full name, home address and school.", []aup.ClauseID{"2.4"}},
		{"Er schreibt Mädchen aus der Grundschule an, will Fotos und fragt, wann die Eltern weg sind; es soll ein Geheimnis bleiben.", []aup.ClauseID{"2.4"}},
		{"A grown man in your chat asks a Year 6 girl for pictures of herself and says that it is our secret.", []aup.ClauseID{"2.4"}},
		{"Somebody sent me a link to an album with you by mistake. They are children, and what is done to them nobody should ever see.", []aup.ClauseID{"2.4"}},
		{"In dem Ordner sind Kinder. Was ihnen dort angetan wird, mag ich nicht beschreiben.", []aup.ClauseID{"2.4"}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			v := c.Classify(document("Acceptable Use Policy", tt.text))
			for _, id := range tt.want {
				if !slices.Contains(v.Clauses, id) {
					t.Errorf("recorded %v, want %v", v.Clauses, tt.want)
				}
			}
			if v.Urgent == "" {
				t.Error("not urgent")
			}
		})
	}
	passing := "My son says I should write to you: I keep getting junk mail from your customer, I never subscribed. Spam every day."
	if v := c.Classify(document("Acceptable Use Policy", passing)); slices.Contains(v.Clauses, "2.4") {
		t.Errorf("a child named in passing: recorded %v", v.Clauses)
	}
}

// Words of two meanings are told apart by what stands beside them.
func TestAmbiguous(t *testing.T) {
	primary(t, map[string]aup.ClauseID{
		"Somebody poses as me in your forum, with my name and my photo. It is not me, and his bad advice cracked a wall.":                                  "3.1",
		"He gives away a cracked copy of our CAD software.":                                                                                                "1.2",
		"The message pretends to be from our supplier and asks for payment of an invoice to new bank details.":                                             "1.4",
		"A shop on your platform sells unlicensed pistols and gun parts without papers.":                                                                   "1",
		"A trader on your service consigns machine tools to firms under sanctions, relabelled on the way, and launders the money through shell companies.": "1",
		"Our administrator signs in from Simferopol each morning, through a VPN, though it is under embargo.":                                              "1.3",
		"A link on your storage leads to ransomware, the download infects the computer.":                                                                   "2.5",
		"Your user posts links in every thread, only links, to an outside site with pirated films and warez.":                                              "5.1",
		"They sell a bulk mailer that rotates accounts and rewrites each copy so that filters do not see it.":                                              "5.2",
	})
}
