package mailbox

import (
	"strings"
	"testing"
	"time"
)

func TestSignInMend(t *testing.T) {
	for name, tc := range map[string]struct {
		host  string
		token bool
		said  string
		want  string
	}{
		"Exchange, token":        {"outlook.office365.com", true, "AUTHENTICATE failed.", "IMAP.AccessAsApp"},
		"Exchange, password":     {"Outlook.Office365.com", false, "LOGIN failed.", "set oauth2"},
		"Gmail, token":           {"imap.gmail.com", true, `{"status":"400"}`, "https://mail.google.com/"},
		"Gmail, needs another":   {"imap.gmail.com", false, "Application-specific password required: https://…", "make an app password"},
		"Gmail, password":        {"imap.gmail.com", false, "Invalid credentials (Failure)", "app password or oauth2"},
		"somebody else's, token": {"imap.example.org", true, "no", "scope"},
		"somebody else's":        {"imap.example.org", false, "no", "username and password"},
		"a name like a vendor's": {"office365.com.example.org", false, "no", "username and password"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := signInMend(tc.host, tc.token, tc.said); !strings.Contains(got, tc.want) {
				t.Errorf("mend %q, want it to say %q", got, tc.want)
			}
		})
	}
}

// Exchange lets an application sign in that has no right to the mailbox, and
// says so later: that is told with its mend, and not asked for fast.
func TestNotConnected(t *testing.T) {
	f := newFake()
	f.script = func(c *fakeConn, cmd string) bool {
		return isExamine(cmd) && refuse(c, "BAD User is authenticated but not connected.")
	}
	try(t, f, nil, func(t *trial) {
		time.Sleep(time.Hour)
		if said := t.w.Status()[0].LastError; !strings.Contains(said, "Add-MailboxPermission") {
			t.Errorf("status %q", said)
		}
		t.connections(12)
	})
}
