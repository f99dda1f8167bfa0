package evidence

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// A format says how a file can be read. Those without an opener are the reason
// why it was not.
type format string

const (
	formatText    format = "text"
	formatMachine format = "machine"
	formatHeaders format = "headers"
	formatMessage format = "message"
	formatMbox    format = "mbox"
	formatMSG     format = "msg"
	formatTNEF    format = "tnef"
	formatRTF     format = "rtf"
	formatCMS     format = "cms"

	formatEncrypted  format = "encrypted"
	formatSignature  format = "signature"
	formatImage      format = "image"
	formatAudio      format = "audio"
	formatVideo      format = "video"
	formatPDF        format = "PDF"
	formatArchive    format = "archive"
	formatDocument   format = "office document"
	formatExecutable format = "executable"
	formatBinary     format = "binary"
	formatEmpty      format = "empty"
)

// unread returns why a file of this format is not read; empty when it is.
func (f format) unread() string {
	if opener(f) != nil || f == formatEmpty {
		return ""
	}
	return string(f)
}

// sniffLength is how much of a file its format is told by.
const sniffLength = 4 << 10

// magics are the first bytes of formats that are never text.
var magics = []struct {
	magic  string
	format format
	text   bool // what follows may look like text
}{
	{"\x78\x9f\x3e\x22", formatTNEF, true}, {"%PDF-", formatPDF, true}, {"{\\rtf", formatRTF, true},
	{"PK\x03\x04", formatArchive, false}, {"Rar!", formatArchive, false}, {"7z\xbc\xaf\x27\x1c", formatArchive, false}, {"\x1f\x8b", formatArchive, false},
	{"BZh", formatArchive, false}, {"\xfd7zXZ", formatArchive, false}, {"\x28\xb5\x2f\xfd", formatArchive, false}, {"MSCF", formatArchive, false},
	{"MZ", formatExecutable, false}, {"\x7fELF", formatExecutable, false}, {"\xca\xfe\xba\xbe", formatExecutable, false},
	{"\x89PNG", formatImage, false}, {"GIF8", formatImage, false}, {"\xff\xd8\xff", formatImage, false}, {"II*\x00", formatImage, false}, {"MM\x00*", formatImage, false},
	{"OggS", formatAudio, false}, {"ID3", formatAudio, false}, {"\x1a\x45\xdf\xa3", formatVideo, false},
	{"-----BEGIN PGP MESSAGE-----", formatEncrypted, true}, {"-----BEGIN PGP SIGNATURE-----", formatSignature, true},
}

// mediaFormats are the formats of media types, by type or by prefix.
var mediaFormats = []struct {
	prefix string
	format format
}{
	{"text/rfc822-headers", formatHeaders}, {"message/rfc822-headers", formatHeaders}, {"message/global-headers", formatHeaders},
	{"message/rfc822", formatMessage}, {"message/global-", formatMachine}, {"message/global", formatMessage}, {"message/news", formatMessage},
	{"message/", formatMachine},
	{"application/mbox", formatMbox}, {"application/ms-tnef", formatTNEF}, {"application/vnd.ms-tnef", formatTNEF}, {"application/vnd.ms-outlook", formatMSG},
	{"application/pgp-encrypted", formatEncrypted}, {"application/pgp-signature", formatSignature}, {"application/pgp-keys", formatText},
	{"application/pkcs7-signature", formatSignature}, {"application/x-pkcs7-signature", formatSignature},
	{"application/pkcs7-mime", formatCMS}, {"application/x-pkcs7-mime", formatCMS},
	{"image/svg", formatText}, {"image/", formatImage}, {"audio/", formatAudio}, {"video/", formatVideo}, {"application/pdf", formatPDF},
}

// nameFormats are the formats of file name extensions, where the content does
// not say more.
var nameFormats = map[string]format{
	".eml": formatMessage, ".mbox": formatMbox, ".mbx": formatMbox,
	".pgp": formatEncrypted, ".gpg": formatEncrypted, ".p7m": formatCMS, ".p7s": formatSignature, ".sig": formatSignature,
	".asc": formatText, ".pdf": formatPDF, ".exe": formatExecutable, ".scr": formatExecutable, ".com": formatExecutable, ".dll": formatExecutable,
	".jar": formatExecutable, ".apk": formatExecutable, ".zip": formatArchive, ".rar": formatArchive, ".7z": formatArchive, ".gz": formatArchive,
	".tgz": formatArchive, ".bz2": formatArchive, ".xz": formatArchive, ".iso": formatArchive, ".img": formatArchive, ".cab": formatArchive,
	".doc": formatDocument, ".xls": formatDocument, ".ppt": formatDocument, ".docx": formatDocument, ".xlsx": formatDocument, ".pptx": formatDocument,
	".odt": formatDocument, ".ods": formatDocument, ".docm": formatDocument, ".xlsm": formatDocument,
	".jpg": formatImage, ".jpeg": formatImage, ".png": formatImage, ".gif": formatImage, ".webp": formatImage, ".heic": formatImage, ".bmp": formatImage,
	".mp3": formatAudio, ".wav": formatAudio, ".mp4": formatVideo, ".mov": formatVideo, ".avi": formatVideo,
}

const oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// sniff tells the format of a file: by its first bytes where they are sure,
// then by what the sender says, then by whether it is text.
func sniff(kind contentType, head []byte) format {
	extension := strings.ToLower(path.Ext(kind.name))
	if len(head) == 0 {
		return formatEmpty
	}
	if f, sure := sniffMagic(kind, head); sure {
		return f
	}
	if f := declaredFormat(kind.mediaType, extension, head); f != "" {
		return f
	}
	switch {
	case strings.HasPrefix(kind.mediaType, "text/") || looksText(head):
		return formatText
	case nameFormats[extension] != "" && !looksText(head):
		return nameFormats[extension]
	}
	return formatBinary
}

// sniffMagic tells the format by the first bytes, and whether they are sure.
func sniffMagic(kind contentType, head []byte) (f format, sure bool) {
	extension := strings.ToLower(path.Ext(kind.name))
	if bytes.HasPrefix(head, []byte(oleMagic)) {
		const streams = "_\x00_\x00p\x00r\x00o\x00p\x00e\x00r\x00t\x00i\x00e\x00s"
		if extension == ".msg" || kind.mediaType == "application/vnd.ms-outlook" || bytes.Contains(head, []byte(streams)) {
			return formatMSG, true
		}
		return formatDocument, true
	}
	for _, m := range magics {
		if !bytes.HasPrefix(head, []byte(m.magic)) {
			continue
		}
		switch {
		case m.format == formatArchive && nameFormats[extension] == formatDocument:
			return formatDocument, true
		case m.text || !looksText(head):
			return m.format, true
		}
	}
	return "", false
}

// declaredFormat returns the format that the media type or the name says, when
// the content can be that.
func declaredFormat(mediaType, extension string, head []byte) format {
	for _, m := range mediaFormats {
		if strings.HasPrefix(mediaType, m.prefix) {
			return m.format
		}
	}
	switch f := nameFormats[extension]; f {
	case formatEncrypted, formatSignature, formatCMS:
		return f
	}
	if !looksText(head) && !bytes.Contains(head, []byte("\nReceived:")) {
		return ""
	}
	mbox := bytes.HasPrefix(head, []byte("From "))
	switch f := nameFormats[extension]; {
	case f == formatMbox && mbox, f == formatMessage && mbox:
		return formatMbox
	case f == formatMessage && looksMessage(head, 1):
		return formatMessage
	case f != "" || strings.HasPrefix(mediaType, "text/") && extension != "":
		return ""
	case mbox && looksMessage(head, 3):
		return formatMbox
	case looksMessage(head, 3):
		return formatMessage
	}
	return ""
}

// looksMessage reports whether head begins with a header that has at least so
// many of the fields of a mail. Its last line may be cut off anywhere, so what
// has no line end says nothing.
func looksMessage(head []byte, least int) bool {
	n, lines := 0, 0
	for line := range bytes.Lines(head) {
		switch {
		case len(chomp(line)) == 0 && lines > 0:
			return n >= least
		case len(chomp(line)) == 0 || isSeparator(line):
			continue
		case line[0] == ' ' || line[0] == '\t':
		case !looksLikeField(line):
			if bytes.HasSuffix(line, []byte("\n")) {
				return false
			}
		default:
			name, _, _ := bytes.Cut(line, []byte(":"))
			switch strings.ToLower(string(bytes.TrimSpace(name))) {
			case "received", "return-path", "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "delivered-to", "dkim-signature":
				n++
			}
		}
		lines++
	}
	return n >= least
}

// looksText reports whether head is text in some charset: hardly any controls.
func looksText(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true
	}
	controls, high := 0, 0
	for _, c := range head {
		switch {
		case c == 0:
			return false
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b, c == 0x7f:
			controls++
		case c >= utf8.RuneSelf:
			high++
		}
	}
	if controls*50 > len(head) {
		return false
	}
	// Compressed data without NUL is mostly 8-bit and no UTF-8.
	return high*3 < len(head) || utf8.Valid(trimRune(head)) || controls == 0
}

// trimRune cuts an incomplete character off the end.
func trimRune(b []byte) []byte {
	for i := 1; i <= min(3, len(b)); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// isMachineType reports whether programs write parts of this type for
// programs.
func isMachineType(mediaType string) bool {
	return strings.HasPrefix(mediaType, "message/") && !isMessageType(mediaType)
}
