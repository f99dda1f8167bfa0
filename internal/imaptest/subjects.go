package imaptest

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// phrase is what the subjects of [Subjects] hold.
const phrase = "Acceptable Use Policy"

// Subjects returns, by what is odd about each, a subject of every form in which
// "Acceptable Use Policy" may stand in one, as it stands behind "Subject:".
func Subjects() map[string]string {
	u8 := func(s string) []byte { return []byte(s) }
	latin1, _ := charmap.ISO8859_1.NewEncoder().Bytes(u8("Réclamation: " + phrase))
	cp1252, _ := charmap.Windows1252.NewEncoder().Bytes(u8("’ " + phrase))
	utf16be, _ := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes(u8("spam, " + phrase))
	utf16bom, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(u8(phrase))
	jis, _ := japanese.ISO2022JP.NewEncoder().Bytes(u8("報告 " + phrase + " 違反"))
	wide := strings.Map(func(r rune) rune {
		if r == ' ' {
			return '\u3000'
		}
		return r + 0xfee0
	}, phrase)
	split := u8("Größe – " + phrase)
	twoByte := strings.IndexRune("Größe", 'ö') + 1 + len(" ") - 1
	return map[string]string{
		"plain":                     " spam from 192.0.2.1: " + phrase + " report",
		"the phrase alone":          " " + phrase,
		"no space behind the colon": phrase,
		"lower case":                " " + strings.ToLower(phrase),
		"upper case":                " " + strings.ToUpper(phrase),
		"reply and forward":         " Re: [EXT] Fwd: " + phrase,
		"quoted":                    ` "` + phrase + `"`,
		"base64":                    " " + b64("UTF-8", u8("naïve "+phrase)),
		"base64 of ASCII":           " " + b64("us-ascii", u8(phrase+" breach")),
		"base64 Latin-1":            " " + b64("ISO-8859-1", latin1),
		"base64 UTF-16BE":           " " + b64("UTF-16BE", utf16be),
		"base64 UTF-16 with BOM":    " " + b64("utf-16", utf16bom),
		"ISO-2022-JP":               " " + b64("ISO-2022-JP", jis),
		"Q":                         " =?utf-8?Q?Breach_of_Acceptable_Use_Policy_=E2=80=93_spam?=",
		"Q, every byte":             " " + q("utf-8", u8("x "+phrase)),
		"Q, lower-case hex":         " " + strings.ToLower(q("utf-8", u8("x "+phrase))),
		"Q, raw spaces":             " =?utf-8?Q?Breach of Acceptable Use Policy?=",
		"Q Windows-1252":            " " + q("windows-1252", cp1252),
		"Q with a language":         " =?us-ascii*en?Q?Acceptable_Use_Policy?=",
		"words over words": "\r\n " + b64("utf-8", u8("about Acceptable ")) + "\r\n " + b64("utf-8", u8("Use ")) +
			"\r\n " + b64("utf-8", u8("Policy, please")),
		"split inside a word":       " " + b64("utf-8", u8("Accepta")) + " " + b64("utf-8", u8("ble Use Policy")),
		"split inside a character":  " " + b64("utf-8", split[:twoByte]) + "\r\n\t" + b64("utf-8", split[twoByte:]),
		"split over B and Q":        " " + b64("utf-8", u8("Acceptable U")) + " " + q("utf-8", u8("se Policy")),
		"split over charsets":       " " + b64("utf-8", u8("Acceptable ")) + " " + q("iso-8859-1", u8("Use Policy")),
		"encoded and plain":         " spam =?utf-8?Q?Acceptable?= Use Policy",
		"no space between words":    " " + b64("utf-8", u8("Acceptable ")) + b64("utf-8", u8("Use Policy")),
		"folded, space":             " spam Acceptable\r\n Use Policy",
		"folded, tab":               " spam Acceptable Use\r\n\tPolicy",
		"folded, two spaces":        " Acceptable\r\n  Use Policy",
		"folded at once":            "\r\n " + phrase,
		"folded, bare LF":           " Acceptable\n Use Policy",
		"two spaces":                " Acceptable  Use Policy",
		"tab":                       " Acceptable Use\tPolicy",
		"no-break space, base64":    " " + b64("utf-8", u8("Acceptable\u00a0Use\u00a0Policy")),
		"no-break space, Q":         " =?utf-8?Q?Acceptable=C2=A0Use_Policy?=",
		"no-break space, raw UTF-8": " Acceptable\u00a0Use Policy",
		"no-break space, raw 1252":  " Acceptable\xa0Use Policy",
		"raw UTF-8":                 " plainte été " + phrase,
		"raw Latin-1":               " plainte \xe9t\xe9 " + phrase,
		"full width":                " " + b64("utf-8", u8(wide)),
		"full width, raw":           " " + wide,
		"zero width space":          " " + b64("utf-8", u8("Accept\u200bable Use\u200b Policy")),
		"soft hyphen":               " " + b64("utf-8", u8("Accept\u00adable Use Policy")),
		"direction marks":           " " + b64("utf-8", u8("\u202aAcceptable\u202c Use Policy\u200f")),
		"unknown charset":           " =?x-unknown?Q?on_Acceptable_Use_Policy?=",
		"base64 without padding":    " =?utf-8?B?" + base64.RawStdEncoding.EncodeToString(u8(phrase+"!!")) + "?=",
		"base64 cut in a digit":     " =?utf-8?B?" + strings.TrimRight(base64.StdEncoding.EncodeToString(u8(phrase+" report")), "=")[:38] + "?=",
		"base64 with junk behind":   " =?utf-8?B?" + base64.StdEncoding.EncodeToString(u8(phrase+"...")) + "*!*?=",
		"word without its end":      " =?utf-8?Q?Acceptable_Use_Policy",
		"encoded twice":             " " + b64("utf-8", u8(q("utf-8", u8(phrase)))),
		"very long":                 " " + strings.Repeat("x", 900) + " " + phrase,
	}
}

// b64 and q write an encoded word (RFC 2047, 4.1 and 4.2).
func b64(charset string, b []byte) string {
	return fmt.Sprintf("=?%s?B?%s?=", charset, base64.StdEncoding.EncodeToString(b))
}

func q(charset string, b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, "=%02X", c)
	}
	return fmt.Sprintf("=?%s?Q?%s?=", charset, s.String())
}
