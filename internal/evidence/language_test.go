package evidence

import "testing"

func TestLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"We have been receiving unsolicited mail from one of your customers since Thursday morning.": "en",
		"Please stop this spam. It is from your server.":                                             "en",
		"Seit Donnerstag erhalten wir unverlangte Werbung von einem Ihrer Kunden.":                   "de",
		"Bitte stoppen Sie das, wir haben das nicht bestellt.":                                       "de",
		"Nous recevons depuis jeudi des messages non sollicités de votre client.":                    "fr",
		"Desde el jueves recibimos correo no deseado de su servidor.":                                "es",
		"Não pedimos isso e estamos recebendo spam do seu servidor.":                                 "pt",
		"Da giovedì riceviamo spam dal vostro server e non abbiamo chiesto questo.":                  "it",
		"Wij krijgen sinds donderdag spam van uw klant, dit is niet toegestaan.":                     "nl",
		"Od czwartku dostajemy spam z państwa serwera, proszę to zatrzymać.":                         "pl",
		"Vi får skräppost från er server och det är inte okej.":                                      "sv",
		"С четверга мы получаем спам от вашего клиента, просим это остановить.":                      "ru",
		"Ми отримуємо спам від вашого клієнта, просимо це зупинити.":                                 "uk",
		"Sizin sunucunuzdan spam geliyor, lütfen bu hesap için bir şey yapın.":                       "tr",
		"御社のサービスから迷惑メールが届いています。":                                                                     "ja",
		"你们的服务器一直在发送垃圾邮件。":                                                                           "zh",
		"귀사의 서비스에서 스팸이 계속 옵니다.":                                                                      "ko",
		"خادمكم يرسل رسائل غير مرغوب فيها":                                                           "ar",
		"השרת שלכם שולח דואר זבל":                                                                    "he",
		"Ο διακομιστής σας στέλνει ανεπιθύμητα":                                                      "el",
		"Hi, the password of this mailbox expires Monday. Keep the same password: log in, press Continue, done; support desk, access granted, no reply needed, thanks, team desk, all rights reserved.": "en",
		"Qm9uam91ciwNCg0KTGEgYm91dGlxdWUgwqsgZmxlZXRmb290LW91dGxldCDCuywgaMOpYmVyZ8Op\nZSBjaGV6IHZvdXMsIHZlbmQgZGVzIGNvbnRyZWZhw6dvbnMgZGUgbm9zIGNoYXVzc3VyZXMuIEZs":                                    "",
		"ok":                           "",
		"203.0.113.7 port 22":          "",
		"see https://evil.example/a/b": "",
	} {
		if got := languageOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
