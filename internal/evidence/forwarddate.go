package evidence

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// months are their names and abbreviations, as clients write them.
var months = byMonth([12]string{
	"january jan januar jänner janvier janv enero ene janeiro gennaio gen januari stycznia sty styczeń января янв ocak oca ledna led leden tammikuuta tammi januarie ianuarie ian január يناير ιανουαρίου січня січ ม.ค जनवरी",
	"february feb februar févr février fev febrero fevereiro febbraio februari lutego lut февраля фев февр şubat şub února úno únor helmikuuta helmi februarie február فبراير φεβρουαρίου лютого лют ก.พ फ़रवरी फरवरी फ़र",
	"march mar märz mär mrz mars marzo março maart mrt marca marzec марта мар mart března bře březen maaliskuuta maalis martie márc március مارس μαρτίου березня бер มี.ค मार्च",
	"april apr avril avr abril abr aprile kwietnia kwi апреля апр nisan nis dubna dub duben huhtikuuta huhti aprilie április أبريل ابريل απριλίου квітня квіт เม.ย अप्रैल",
	"may mai mayo maio maggio mag mei maja maj мая май mayıs května kvě květen toukokuuta touko mai május مايو μαΐου травня трав พ.ค मई",
	"june jun juni juin junio junho giugno giu czerwca cze июня июн haziran haz června čvn červen kesäkuuta kesä iunie június يونيو ιουνίου червня черв มิ.ย जून",
	"july jul juli juil juillet julio julho luglio lug lipca lip июля июл temmuz tem července čvc červenec heinäkuuta heinä iulie július يوليو ιουλίου липня лип ก.ค जुलाई",
	"august aug août aou agosto ago ags sierpnia sie августа авг ağustos ağu srpna srp srpen augusti augustus elokuuta elo augusztus أغسطس αυγούστου серпня серп ส.ค अगस्त",
	"september sep sept septembre septiembre set setembro settembre września wrz сентября сен сент eylül eyl září zář syyskuuta syys septembrie szept szeptember سبتمبر σεπτεμβρίου вересня вер ก.ย सितंबर सितम्बर",
	"october oct oktober okt octobre octubre outubro out ottobre ott października paź октября окт ekim eki října říj říjen lokakuuta loka octombrie október أكتوبر οκτωβρίου жовтня жовт ต.ค अक्टूबर अक्तूबर",
	"november nov novembre noviembre novembro listopada lis ноября ноя нояб kasım kas listopadu listopad marraskuuta marras noiembrie نوفمبر νοεμβρίου листопада лист พ.ย नवंबर नवम्बर",
	"december dec dez dezember déc décembre dic diciembre dezembro dicembre grudnia gru декабря дек aralık ara prosince pro prosinec desember des joulukuuta joulu decembrie ديسمبر δεκεμβρίου грудня груд ธ.ค दिसंबर दिसम्बर",
})

func byMonth(names [12]string) map[string]int {
	m := make(map[string]int)
	for i, list := range names {
		for _, n := range strings.Fields(list) {
			m[n] = i + 1
		}
	}
	return m
}

// afternoon and morning are the marks of a clock of twelve hours.
var (
	afternoon = set("pm", "p.m", "下午", "午後", "오후", "ös", "م", "nachm", "晚上")
	morning   = set("am", "a.m", "上午", "午前", "오전", "öö", "ص", "vorm", "凌晨", "早上")
)

// zones are the names of zones that clients write; CST and the like mean
// several and are left out.
var zones = map[string]int{
	"utc": 0, "gmt": 0, "z": 0, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "wet": 0, "west": 1, "eet": 2, "eest": 3, "msk": 3, "bst": 1, "jst": 9, "kst": 9,
	"est": -5, "edt": -4, "pst": -8, "pdt": -7, "mst": -7, "mdt": -6, "cdt": -5, "brt": -3,
}

// clientDate reads a date as a mail client writes it above a forwarded message,
// in its user's language. english says that its labels are: 3/4/2026 is not
// read then, as writers of English differ, unless it can be one date only. A time without
// a zone is taken as UTC.
func clientDate(s string, english bool) (time.Time, bool) {
	if t, ok := parseDate(s); ok {
		return t, true
	}
	const longest = 120
	if len(s) > longest {
		return time.Time{}, false
	}
	d := dateReader{english: english, hour: -1}
	d.read(strings.ToLower(s))
	return d.time()
}

// A dateReader gathers what the words and numbers of a date say.
type dateReader struct {
	english        bool
	numbers        []dateNumber
	month          int  // by its name
	tuesday        bool // the name was "mar", which is a weekday in French, Spanish, Italian and Romanian too
	hour, min, sec int
	pm, am         bool
	offset         time.Duration
}

// A dateNumber is one outside of the time of day.
type dateNumber struct {
	value, digits int
	behind        string // what stands behind it
}

func (d *dateReader) read(s string) {
	for s != "" {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		if n == 0 {
			s = d.word(s)
			continue
		}
		digits := s[:n]
		s = s[n:]
		if d.korean(digits, s) {
			continue
		}
		if d.hour < 0 && n <= 2 && len(s) > 2 && (s[0] == ':' || s[0] == 'h' || s[0] == '.' && d.hasDay()) && isDigit(s[1]) && isDigit(s[2]) {
			s = d.clock(digits, s)
			continue
		}
		v, err := strconv.Atoi(digits[:min(n, 6)])
		if err == nil {
			d.numbers = append(d.numbers, dateNumber{v, n, s[:min(len(s), 3)]})
		}
	}
}

// korean takes the number before the Korean word for hours, minutes or seconds.
func (d *dateReader) korean(digits, behind string) bool {
	v, err := strconv.Atoi(digits[:min(len(digits), 6)])
	switch {
	case err != nil:
		return false
	case strings.HasPrefix(behind, "시"):
		d.hour = v
	case strings.HasPrefix(behind, "분"):
		d.min = v
	case strings.HasPrefix(behind, "초"):
		d.sec = v
	default:
		return false
	}
	return true
}

// hasDay reports whether day, month and year were met: 23.47 is a time then.
func (d *dateReader) hasDay() bool {
	return len(d.numbers) >= 3 || len(d.numbers) == 2 && d.month > 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// clock reads the rest of a time whose hour is read: ":47", ":47:09".
func (d *dateReader) clock(hour, s string) string {
	d.hour, _ = strconv.Atoi(hour)
	d.min, _ = strconv.Atoi(s[1:3])
	mark := s[0]
	s = s[3:]
	if len(s) > 2 && s[0] == mark && isDigit(s[1]) && isDigit(s[2]) {
		d.sec, _ = strconv.Atoi(s[1:3])
		s = s[3:]
	}
	return s
}

// word reads the word or mark that s begins with and returns the rest.
func (d *dateReader) word(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '.' })
	if end < 0 {
		end = len(s)
	}
	if end == 0 {
		if d.hour >= 0 && (s[0] == '+' || s[0] == '-') {
			return d.zone(s)
		}
		r := []rune(s[:min(len(s), 4)])[0]
		return s[max(1, len(string(r))):]
	}
	w := strings.TrimRight(s[:end], ".")
	switch hours, isZone := zones[w]; {
	case months[w] > 0 && (d.month == 0 || d.tuesday):
		d.month, d.tuesday = months[w], w == "mar"
	case afternoon[w]:
		d.pm = true
	case morning[w]:
		d.am = true
	case isZone && d.hour >= 0:
		d.offset = time.Duration(hours) * time.Hour
	}
	return s[end:]
}

// zone reads "+0100", "+01:00", "+1".
func (d *dateReader) zone(s string) string {
	n := 1
	for n < len(s) && n < 6 && (isDigit(s[n]) || s[n] == ':') {
		n++
	}
	digits := strings.ReplaceAll(s[1:n], ":", "")
	v, err := strconv.Atoi(digits)
	if err != nil {
		return s[1:]
	}
	if len(digits) <= 2 {
		v *= 100
	}
	d.offset = time.Duration(v/100)*time.Hour + time.Duration(v%100)*time.Minute
	if s[0] == '-' {
		d.offset = -d.offset
	}
	return s[n:]
}

// time puts what was read together.
func (d *dateReader) time() (time.Time, bool) {
	year, month, day, ok := d.date()
	if !ok || month < 1 || month > 12 || day < 1 || day > 31 || d.hour > 23 || d.min > 59 || d.sec > 60 {
		return time.Time{}, false
	}
	hour := max(d.hour, 0)
	switch {
	case d.pm && hour < 12:
		hour += 12
	case d.am && hour == 12:
		hour = 0
	}
	t := time.Date(year, time.Month(month), day, hour, d.min, d.sec, 0, time.UTC).Add(-d.offset)
	return t, plausible(t)
}

// date tells year, month and day from the numbers.
func (d *dateReader) date() (year, month, day int, ok bool) {
	at := -1
	for i, n := range d.numbers {
		if n.digits == 4 && n.value > 1970 && n.value < 2200 {
			at = i
			break
		}
	}
	if at < 0 || len(d.numbers) < 2 {
		return 0, 0, 0, false
	}
	year = d.numbers[at].value
	rest := append(append([]dateNumber{}, d.numbers[:at]...), d.numbers[at+1:]...)
	switch {
	case d.month > 0:
		return year, d.month, rest[0].value, true
	case len(rest) < 2:
		return 0, 0, 0, false
	case at == 0: // 2026-03-04, 2026年3月4日
		return year, rest[0].value, rest[1].value, true
	}
	first, second := rest[0].value, rest[1].value
	switch {
	case second > 12:
		return year, first, second, true
	case first > 12 || first == second || strings.HasPrefix(rest[0].behind, ".") || !d.english:
		return year, second, first, true
	}
	return 0, 0, 0, false
}
