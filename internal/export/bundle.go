package export

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"time"

	"aupd/internal/aup"
)

// The files of a bundle, in their order. All but the message follow from the
// events, so that each can be checked against them:
//
//	README.txt      what this is, in plain words
//	raw.eml         the message, byte by byte
//	document.json   what was read in it: aup.Document
//	report.json     the report as it stood: aup.Report
//	findings.json   the clauses that fit, and why: []aup.Finding
//	decisions.json  every decision, with the clauses as they read then: []aup.Decision
//	events.jsonl    an aup.StoredEvent a line, oldest first
//	manifest.json   a manifest; it comes last
const (
	fileReadme    = "README.txt"
	fileRaw       = "raw.eml"
	fileDocument  = "document.json"
	fileReport    = "report.json"
	fileFindings  = "findings.json"
	fileDecisions = "decisions.json"
	fileEvents    = "events.jsonl"
	fileManifest  = "manifest.json"
)

// bundleFiles returns the names of all files but the manifest, in their order.
func bundleFiles() []string {
	return []string{fileReadme, fileRaw, fileDocument, fileReport, fileFindings, fileDecisions, fileEvents}
}

// bundleFormat is the number of this form of bundle.
const bundleFormat = 1

// A manifest says what a bundle holds and where it was taken from.
type manifest struct {
	Format  int          `json:"format"`
	Version string       `json:"aupd"` // of the program that made it
	Report  aup.ReportID `json:"report"`
	SHA256  aup.Hash     `json:"sha256"` // of the message
	Head    struct {
		Seq  aup.Seq  `json:"seq"`
		Hash aup.Hash `json:"hash"`
	} `json:"head"` // the end of the log when the bundle was made
	Files map[string]aup.Hash `json:"files"` // the SHA-256 of each, by its name
}

const readme = `This is the evidence of one abuse report, as aupd recorded it.

raw.eml         the message as it was received, not changed by a byte
document.json   what aupd read in it: text, passed-on messages, indicators
report.json     the report as it stood when this bundle was made
findings.json   the clauses of the policy that fit, and the words that show it
decisions.json  what people decided, with each clause as it read at that time
events.jsonl    everything that happened to the report, in order
manifest.json   the SHA-256 of every file, and where the log ended

The name of a report is made from the SHA-256 of its message. Each event has the
hash of the event before it in the log; its own is the SHA-256 of that hash (32
bytes) followed by the event as it stands in events.jsonl. The other files say
what follows from the events. To check all of this on any machine:

    aupd verify BUNDLE.zip

Whoever makes a bundle could make all of it anew. To rule that out, compare the
head in manifest.json with one that was noted elsewhere, such as a line that
"aupd verify" printed on the day.
`

// Bundle writes the evidence of one report as a zip file: the same proof and
// message give the same bytes. version is that of the running program.
func Bundle(w io.Writer, version string, p aup.Proof, raw io.Reader) error {
	h, err := replay(p.Events)
	if err != nil {
		return fmt.Errorf("report %s: %w", p.Report, err)
	}
	files, err := h.files()
	if err != nil {
		return err
	}
	m := manifest{Format: bundleFormat, Version: version, Report: h.report.ID, SHA256: h.report.SHA256, Files: make(map[string]aup.Hash)}
	m.Head.Seq, m.Head.Hash = p.Head, p.HeadHash
	z := zip.NewWriter(w)
	for _, name := range bundleFiles() {
		content := io.Reader(bytes.NewReader(files[name]))
		if name == fileRaw {
			content = raw
		}
		if m.Files[name], err = pack(z, name, content); err != nil {
			return fmt.Errorf("report %s: %s: %w", p.Report, name, err)
		}
	}
	data, err := pretty(m)
	if err != nil {
		return err
	}
	if _, err := pack(z, fileManifest, bytes.NewReader(data)); err != nil {
		return err
	}
	return z.Close()
}

// pack adds a file and returns its SHA-256.
func pack(z *zip.Writer, name string, content io.Reader) (aup.Hash, error) {
	// No file's time is known but by its content: the format's first stands in.
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return aup.Hash{}, err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(w, h), content)
	return aup.Hash(h.Sum(nil)), err
}
