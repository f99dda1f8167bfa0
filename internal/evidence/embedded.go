package evidence

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// An embedded is a file that was written into the text of a message, as people
// did before MIME.
type embedded struct {
	name string
	data []byte
}

// maxEmbedded bounds the files taken out of one text.
const maxEmbedded = 50

// cutEmbedded returns text, not yet decoded, without the uuencoded and yEnc
// files in it, and these. A block that does not end stays text.
func cutEmbedded(data []byte) ([]byte, []embedded) {
	if !bytes.Contains(data, []byte("begin ")) {
		return data, nil
	}
	text := string(data)
	out := make([]byte, 0, len(text))
	var files []embedded
	// Beyond the last end no yEnc block is looked for: searching for an end
	// from every beginning would be quadratic.
	behindLast := len(text) - max(strings.LastIndex(text, "\n=yend"), 0)
	for rest := text; rest != ""; {
		row, after := cutLine(rest)
		if len(files) < maxEmbedded && (row[:min(1, len(row))] != "=" || len(after) >= behindLast) {
			if f, n, ok := readEmbedded(row, after); ok {
				files = append(files, f)
				rest = after[n:]
				continue
			}
		}
		out = append(out, rest[:len(rest)-len(after)]...)
		rest = after
	}
	return out, files
}

// cutLine returns the first line of s without its line end, and what follows.
func cutLine(s string) (row, after string) {
	row, after, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(row, "\r"), after
}

// readEmbedded reads the file that row begins; n is how much of after it takes.
func readEmbedded(row, after string) (f embedded, n int, ok bool) {
	if name := uuBegin([]byte(row)); name != "" {
		return readUU(name, row, after)
	}
	if strings.HasPrefix(row, "=ybegin ") {
		return readYEnc(row, after)
	}
	return f, 0, false
}

// readUU reads uuencoded lines: each one's length says how long it is, so text
// that only looks like a beginning is told apart at once.
func readUU(name, row, after string) (f embedded, n int, ok bool) {
	rest := after
	for lines := 0; rest != ""; lines++ {
		line, next := cutLine(rest)
		if line == "end" {
			data, _ := io.ReadAll(&uuReader{in: bufio.NewReader(strings.NewReader(row + "\n" + after))})
			return embedded{name, data}, len(after) - len(next), lines > 0
		}
		if !uuLine(line) {
			break
		}
		rest = next
	}
	return f, 0, false
}

// uuLine reports whether line can be a line of uuencoded data.
func uuLine(line string) bool {
	if line == "" {
		return true
	}
	if line[0] < ' ' || line[0] > '`' {
		return false
	}
	const slack = 2 // a check character, a space that some programs add
	want := (int(line[0]-' ')&63 + 2) / 3 * 4
	if len(line)-1 > want+slack {
		return false
	}
	for i := range len(line) {
		if line[i] < ' ' || line[i] > '`' {
			return false
		}
	}
	return true
}

// readYEnc reads a yEnc block: each byte is 42 too high, those that mail does
// not carry stand 64 higher behind an equals sign.
func readYEnc(row, after string) (f embedded, n int, ok bool) {
	_, f.name, _ = strings.Cut(row, "name=")
	end := strings.Index(after, "\n=yend")
	if end < 0 {
		return f, 0, false
	}
	for line := range strings.SplitSeq(after[:end], "\n") {
		if strings.HasPrefix(line, "=ypart") {
			continue
		}
		line = strings.TrimSuffix(line, "\r")
		escaped := byte(0)
		for i := range len(line) {
			if line[i] == '=' && escaped == 0 {
				escaped = 64
				continue
			}
			f.data = append(f.data, line[i]-42-escaped)
			escaped = 0
		}
	}
	_, next := cutLine(after[end+1:])
	return f, len(after) - len(next), true
}
