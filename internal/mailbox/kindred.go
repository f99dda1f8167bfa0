package mailbox

// kindred lists, for a folded phrase, other names and translations of it. An
// entry fits a subject that holds all of its strings. Subjects are compared
// without accents and with one space around and between words, so that a
// leading or trailing space in an entry stands for the edge of a word, and
// a stem stands for its endings.
var kindred = map[string][][]string{
	"acceptable use policy": {
		// English
		{" acceptable use "}, {" acceptable usage "}, {" use policy "}, {" usage policy "}, {" fair use polic"},
		{" abuse polic"}, {" terms of use "}, {" terms of service "}, {" conditions of use "},
		// Arabic
		{"الاستخدام المقبول"},
		// Chinese
		{"可接受使用"}, {"可接受的使用"}, {"可接受用途"}, {"合理使用政策"}, {"使用政策"},
		// Czech, Slovak
		{"prijateln", "pouziv"}, {"prijateln", "uziv"}, {"prijatel", "pouzi"},
		// Danish, Norwegian
		{" acceptabel brug"}, {" akseptabel bruk"}, {"retningslinje", "bruk"},
		// Dutch
		{"acceptabel gebruik"}, {"aanvaardbaar gebruik"}, {"gebruiksbeleid"},
		// Finnish
		{"hyvaksyttav", "kayt"},
		// French
		{"utilisation acceptable"}, {"usage acceptable"}, {"charte", "utilisation"}, {"conditions d utilisation"},
		// German
		{"akzeptable", "nutzung"}, {"zulassige", "nutzung"}, {"nutzungsrichtlinie"}, {"nutzungsbedingung"}, {"acceptable use richtlinie"},
		// Greek
		{"αποδεκτησ χρησησ"}, {"αποδεκτη χρηση"},
		// Hebrew
		{"שימוש מקובל"},
		// Hungarian
		{"elfogadhato hasznal"},
		// Indonesian
		{"kebijakan penggunaan"},
		// Italian
		{"utilizzo accettabile"}, {"uso accettabile"}, {"criteri di utilizzo"},
		// Japanese
		{"利用規定"}, {"許容される使用"}, {"許容される利用"}, {"利用ポリシー"}, {"利用規約"},
		// Korean; Hangul as composed by NFC
		{"허용", "사용", "정책"}, {"이용 정책"}, {"이용정책"}, {"이용 약관"}, {"이용약관"},
		// Polish
		{"dopuszczaln", "uzytk"}, {"dopuszczaln", "uzyc"}, {"dopuszczaln", "uzywan"}, {"akceptowaln", "uzytk"},
		// Portuguese
		{"uso aceitavel"}, {"utilizacao aceitavel"},
		// Romanian
		{"utilizare acceptabila"}, {"utilizarii acceptabile"},
		// Russian, Ukrainian
		{"допустим", "использован"}, {"приемлем", "использован"}, {"прииятн", "використан"}, {"прийнятн", "використан"}, {"допустим", "використан"},
		{"приинятн", "використан"},
		// Spanish
		{"uso aceptable"}, {"utilizacion aceptable"},
		// Swedish
		{"acceptabel anvandning"}, {"godtagbar anvandning"},
		// Turkish
		{"kabul edilebilir kullan"},
	},
}
