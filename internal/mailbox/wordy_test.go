package mailbox

import (
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
)

// However much a server says, little of it gets into the log, the status and
// the ledger.
func TestWordyServer(t *testing.T) {
	words := strings.Repeat("bla \xff", maxLine/5-100)
	for name, script := range map[string]func(c *fakeConn, cmd string) bool{
		"NO": func(c *fakeConn, cmd string) bool { return isBody(cmd) && refuse(c, "NO "+words) },
		"BYE": func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.say("* BYE %s", words)
				_ = c.Close()
			}
			return isBody(cmd)
		},
		"folders": func(c *fakeConn, cmd string) bool {
			if cmd == `LIST "" "*"` {
				for range 8 {
					c.say(`* LIST () "/" "%s"`, strings.Repeat("INBOX ", 20_000))
				}
			}
			return strings.HasPrefix(cmd, "EXAMINE") && refuse(c, "NO no such folder")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.script = script
			try(t, f, nil, func(t *trial) {
				time.Sleep(time.Hour)
				status := t.w.Status()[0].LastError
				if (status == "") == (name == "folders") || len(status) > 3*maxSaid || len(t.log.String()) > 200*maxSaid {
					t.Errorf("%d bytes of status and %d of log: %.300s", len(status), len(t.log.String()), status)
				}
				rows, err := t.store.Rows(t.Context(), aup.Epoch{Mailbox: testName, Folder: "INBOX", UIDValidity: 7}, 1, 9)
				for _, r := range rows {
					if len(r.Note) > 3*maxSaid {
						t.Errorf("%d bytes of note", len(r.Note))
					}
				}
				if (len(rows) == 0) != (name == "folders") || err != nil {
					t.Errorf("rows %v, %v", rows, err)
				}
			})
		})
	}
}
