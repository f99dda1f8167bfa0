package mailbox

import (
	"strings"
	"testing"
	"time"
)

// Servers greet, sign in and open a folder each in their own words: all are
// understood, by one connection.
func TestServerManners(t *testing.T) {
	opened := func(lines ...string) func(c *fakeConn, cmd string) bool {
		return func(c *fakeConn, cmd string) bool {
			if !isExamine(cmd) {
				return false
			}
			for _, l := range lines[:len(lines)-1] {
				c.say("%s", l)
			}
			return refuse(c, lines[len(lines)-1])
		}
	}
	for name, tc := range map[string]struct {
		greeting, caps string
		signedIn       string // the answer to AUTHENTICATE
		script         func(c *fakeConn, cmd string) bool
	}{
		"Exchange Online": {
			"* OK The Microsoft Exchange IMAP4 service is ready. [TQBOADIAUABSADEANgA=]",
			"IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
			"OK AUTHENTICATE completed.",
			opened(
				"* 3 EXISTS", "* 0 RECENT", "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)",
				"* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] Permanent flags",
				"* OK [UNSEEN 2] Is the first unseen message", "* OK [UIDVALIDITY 7] UIDVALIDITY value",
				"* OK [UIDNEXT 4] The next unique identifier value", "OK [READ-ONLY] EXAMINE completed.",
			),
		},
		"Exchange Online, an error in OK": {
			"* OK The Microsoft Exchange IMAP4 service is ready. [TQBOADIAUABSADEANgA=]", "IMAP4 IMAP4rev1 AUTH=PLAIN SASL-IR IDLE",
			`OK [Error="User not found" AuthResultFromPopImapEnd=0 Proxy=x:1993:SSL] AUTHENTICATE completed.`, nil,
		},
		"Gmail": {
			"* OK Gimap ready for requests from 192.0.2.7 d2e1a72fcca58",
			"IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER",
			"OK support@example.org authenticated (Success)",
			opened(
				"* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing OIB-Seen-[Gmail]/All Mail)",
				"* OK [PERMANENTFLAGS (\\Answered \\Seen $NotPhishing OIB-Seen-[Gmail]/All Mail \\*)] Flags permitted.",
				"* OK [UIDVALIDITY 7] UIDs valid.", "* 3 EXISTS", "* 0 RECENT", "* OK [UIDNEXT 4096] Predicted next UID.",
				"* OK [HIGHESTMODSEQ 123456]", "OK [READ-ONLY] INBOX selected. (Success)",
			),
		},
		"signed in already":  {"* PREAUTH [CAPABILITY IMAP4rev1 IDLE] hello", "IMAP4rev1 IDLE", "", nil},
		"lower case":         {"* ok hello", "imap4rev1 idle auth=plain sasl-ir", "ok done", opened("* 3 exists", "* ok [uidvalidity 7] x", "ok [read-only] done")},
		"no text behind OK":  {"* OK", "IMAP4rev1 AUTH=PLAIN SASL-IR", "OK", opened("* 3 EXISTS", "* OK [UIDVALIDITY 7]", "OK")},
		"no UIDNEXT, a list": {"* OK hello", "IMAP4rev1 AUTH=PLAIN SASL-IR", "OK x", opened("* LIST () \"/\" INBOX", "* 3 EXISTS", "* OK [UIDVALIDITY 7] x", "OK x")},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.caps, f.greet = tc.caps, func(*fakeConn) string { return tc.greeting }
			f.script = func(c *fakeConn, cmd string) bool {
				if strings.HasPrefix(cmd, "AUTHENTICATE PLAIN ") {
					return refuse(c, tc.signedIn)
				}
				return tc.script != nil && tc.script(c, cmd)
			}
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, whole)
				time.Sleep(time.Hour)
				t.connections(1)
			})
		})
	}
}
