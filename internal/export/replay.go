package export

import (
	"bytes"
	"encoding/json"
	"fmt"

	"aupd/internal/aup"
)

// A history is what the events of one report come to.
type history struct {
	events    []aup.StoredEvent
	document  aup.Document
	report    aup.Report
	decisions []aup.Decision
}

func replay(events []aup.StoredEvent) (history, error) {
	h := history{events: events, decisions: []aup.Decision{}}
	for _, stored := range events {
		var e aup.Event
		err := json.Unmarshal(stored.Event, &e)
		if err == nil && e.Seq != stored.Seq {
			err = fmt.Errorf("says that it is event %d", e.Seq)
		}
		if err == nil && h.report.ID != "" && e.Report != h.report.ID {
			err = fmt.Errorf("is of report %q", e.Report)
		}
		if err == nil {
			h.report, err = h.report.Apply(e)
		}
		if err != nil {
			return h, fmt.Errorf("event %d: %v: %w", stored.Seq, err, aup.ErrDamaged)
		}
		switch {
		case e.Received != nil:
			h.document = e.Received.Document
		case e.Kind == aup.EventDecided:
			h.decisions = append(h.decisions, *h.report.Decision)
		}
	}
	if h.report.ID == "" {
		return h, fmt.Errorf("no event received the message: %w", aup.ErrDamaged)
	}
	return h, nil
}

// files returns the content of every file but the message and the manifest.
func (h history) files() (map[string][]byte, error) {
	files := map[string][]byte{fileReadme: []byte(readme)}
	findings := h.report.Findings
	if findings == nil {
		findings = []aup.Finding{}
	}
	for name, v := range map[string]any{fileDocument: h.document, fileReport: h.report, fileFindings: findings, fileDecisions: h.decisions} {
		data, err := pretty(v)
		if err != nil {
			return nil, err
		}
		files[name] = data
	}
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, e := range h.events {
		if err := enc.Encode(e); err != nil {
			return nil, err
		}
	}
	files[fileEvents] = lines.Bytes()
	return files, nil
}

func pretty(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return append(data, '\n'), err
}
