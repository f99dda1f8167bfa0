package evidence_test

import "testing"

// A message that is attached as it stood in its mailbox begins with a line of
// the mailbox, not of its header.
func TestAttachedWithSeparator(t *testing.T) {
	for name, separator := range map[string]string{
		"none":   "",
		"mbox":   "From bulk@shop.example Sun Jul 15 04:56:31 2001\r\n",
		"quoted": ">From bulk@shop.example Sun Jul 15 04:56:31 2001\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			doc := parse([]byte("From: r@reporter.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
				"--b\r\n\r\nSee the mail.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + separator +
				"From: bulk@shop.example\r\nSubject: Cheap\r\nContent-Type: text/html\r\n\r\n<p>Buy</p>\r\n--b--\r\n"))
			if len(doc.Messages) != 2 || doc.Messages[1].Subject != "Cheap" {
				t.Fatalf("messages %+v", doc.Messages)
			}
			if last := doc.Parts[len(doc.Parts)-1]; last.Text != "Buy" {
				t.Errorf("text %q, want Buy", last.Text)
			}
		})
	}
}
