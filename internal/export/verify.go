package export

import (
	"archive/zip"
	"fmt"
	"io"

	"aupd/internal/aup"
)

// A Check is one thing that was looked at in a bundle.
type Check struct {
	Name  string `json:"check"`
	Fault string `json:"fault,omitempty"` // what is wrong; empty when all is well
}

// maxText bounds what is read of any file but the message, which is never held
// in memory.
const maxText = 256 << 20

// Verify checks a bundle of evidence by itself: the files against the manifest,
// the message against the report's name, the events against their hashes, all
// else against what the events say, and that each reason lies where it says in
// the document's text. version is that of the running program. The error is
// ErrInvalid for what is no bundle at all.
func Verify(r io.ReaderAt, size int64, version string) ([]Check, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("no bundle of evidence: %v: %w", err, aup.ErrInvalid)
	}
	v := verifier{version: version, text: make(map[string][]byte), sums: make(map[string]aup.Hash)}
	v.check("the files can be read, and there are no others", v.read(z))
	v.check("the manifest can be read", v.readManifest())
	for _, name := range bundleFiles() {
		v.check(name+" has the SHA-256 that the manifest says", v.matches(name))
	}
	v.check("every event has the hash that follows from it and the one before", v.chain())
	h, err := replay(v.events)
	v.check("the events make a report", err)
	v.check("the message has the SHA-256 that the report is named after", v.message(h.report))
	for _, name := range []string{fileDocument, fileReport, fileFindings, fileDecisions} {
		v.check(name+" says what the events say", v.follows(name, h))
	}
	v.check("every reason and indicator lies in the document's text", spans(&h.document, h.report.Findings))
	return v.checks, nil
}
