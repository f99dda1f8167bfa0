//go:build integration

package daemon

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aupd/internal/imaptest"
	"aupd/testdata"
)

// paceMessage returns a report with so many bytes of text, in HTML as well if
// asked for, and of attachment.
func paceMessage(rng *rand.Rand, i, size, attached int, alternative bool) []byte {
	text := paceText(rng, size)
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: Reporter %d <r%d@reporter.example>\r\nTo: support@provider.example\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n"+
		"Message-ID: <%d@reporter.example>\r\nSubject: Acceptable Use Policy, case %d\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"+
		"--inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n", i, i, i, i, text)
	if alternative {
		fmt.Fprintf(&b, "--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<html><body><p>%s</p></body></html>\r\n",
			strings.ReplaceAll(html.EscapeString(text), "\r\n\r\n", "</p>\r\n<p>"))
	}
	b.WriteString("--inner--\r\n")
	if attached > 0 {
		data := make([]byte, attached)
		for at := range data {
			data[at] = byte(rng.Uint32())
		}
		b.WriteString("--outer\r\nContent-Type: application/octet-stream; name=evidence.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for line := range slices.Chunk(base64.StdEncoding.AppendEncode(nil, data), 76) {
			b.Write(line)
			b.WriteString("\r\n")
		}
	}
	b.WriteString("--outer--\r\n")
	return b.Bytes()
}

// paceParagraphs are those of the sample mail.
var paceParagraphs = sync.OnceValue(func() (all []string) {
	for _, s := range testdata.Mail() {
		_, body, _ := strings.Cut(string(s.Raw), "\r\n\r\n")
		for p := range strings.SplitSeq(body, "\r\n\r\n") {
			if len(p) > 40 && len(p) < 2000 && !strings.Contains(p, "Content-") && !strings.Contains(p, "--") {
				all = append(all, strings.ToValidUTF8(p, "?"))
			}
		}
	}
	return all
})

// paceText returns about size bytes of what reporters write.
func paceText(rng *rand.Rand, size int) string {
	var b strings.Builder
	for all := paceParagraphs(); b.Len() < size; {
		b.WriteString(all[rng.IntN(len(all))])
		b.WriteString("\r\n\r\n")
	}
	return b.String()
}

// others runs what else fetches mail and is installed here.
func others(b *testing.B, addr string, times map[string]time.Duration) {
	for name, run := range map[string]func(context.Context, string, string, string) *exec.Cmd{"mbsync": mbsync, "imapfilter": imapfilter, "python3": python} {
		if _, err := exec.LookPath(name); err != nil {
			b.Logf("%s is not installed", name)
			continue
		}
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			b.Fatal(err)
		}
		cmd := run(b.Context(), b.TempDir(), host, port)
		start := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", name, err, out)
		}
		times[name] += time.Since(start)
	}
}

// mbsync copies the mailbox into a Maildir, each message synced to the disk.
func mbsync(ctx context.Context, dir, host, port string) *exec.Cmd {
	file := paceFile(dir, "mbsyncrc", `IMAPAccount far
Host %s
Port %s
User %s
Pass %s
SSLType None
AuthMechs LOGIN

IMAPStore far
Account far

MaildirStore near
Path %s/
Inbox %s/inbox

Channel all
Far :far:
Near :near:
Sync Pull
Create Near
SyncState *
`, host, port, imaptest.Username, imaptest.Password, dir, dir)
	return exec.CommandContext(ctx, "mbsync", "-c", file, "all")
}

func imapfilter(ctx context.Context, dir, host, port string) *exec.Cmd {
	file := paceFile(dir, "filter.lua", `options.timeout = 600
options.certificates = false
options.starttls = false
account = IMAP { server = '%s', port = %s, username = '%s', password = '%s' }
for _, message in ipairs(account.INBOX:select_all()) do
	mailbox, uid = table.unpack(message)
	mailbox[uid]:fetch_message()
end
`, host, port, imaptest.Username, imaptest.Password)
	cmd := exec.CommandContext(ctx, "imapfilter", "-c", file)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	return cmd
}

func python(ctx context.Context, dir, host, port string) *exec.Cmd {
	file := paceFile(dir, "fetch.py", `import email, email.policy, imaplib
c = imaplib.IMAP4(%q, %s)
c.login(%q, %q)
c.select("INBOX", readonly=True)
uids = c.uid("SEARCH", None, "ALL")[1][0].split()
for i in range(0, len(uids), 500):
    for part in c.uid("FETCH", b",".join(uids[i:i+500]).decode(), "(BODY.PEEK[])")[1]:
        if isinstance(part, tuple):
            message = email.message_from_bytes(part[1], policy=email.policy.default)
            if "acceptable use policy" in str(message["Subject"]).lower():
                body = message.get_body(("plain", "html"))
                body and body.get_content()
`, host, port, imaptest.Username, imaptest.Password)
	return exec.CommandContext(ctx, "python3", file)
}

// paceFile writes a file of the others and returns its path.
func paceFile(dir, name, format string, args ...any) string {
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, fmt.Appendf(nil, format, args...), 0o600); err != nil {
		panic(err) // the folder was made for it
	}
	return file
}
