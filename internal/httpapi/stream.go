package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// A feed is an answer that is sent as it comes about.
type feed struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// sendWithin is how long a reader may leave what was sent to it unread.
const sendWithin = 30 * time.Second

func newFeed(hc huma.Context) feed {
	_, w := humago.Unwrap(hc)
	return feed{w, http.NewResponseController(w)}
}

// Write puts off the moment from which a reader counts as gone. A writer
// without deadlines has none to put off.
func (f feed) Write(p []byte) (int, error) {
	_ = f.rc.SetWriteDeadline(time.Now().Add(sendWithin))
	return f.w.Write(p)
}

func (f feed) flush() error { return f.rc.Flush() }

// heartbeat is how often something is sent when nothing happens: more often
// than the proxies and browsers between give up, which is about a minute.
const heartbeat = 20 * time.Second

type streamInput struct {
	LastEventID aup.Seq `header:"Last-Event-ID" doc:"the id of the last message that you have"`
	After       aup.Seq `query:"after" doc:"the same, for the first request of a client that cannot set the header"`
}

// A notice is the data of a message: what happened, and the report as it is
// now, without its findings, its indicators and its past.
type notice struct {
	Seq    aup.Seq       `json:"seq"`
	Kind   aup.EventKind `json:"kind"`
	By     string        `json:"by"`
	Report aup.Report    `json:"report"`
}

// streamRoute tells of new and changed reports as server-sent events (WHATWG
// HTML, 9.2). A message's id is the number of the event in the log.
func streamRoute(api huma.API, d *desk.Desk, b Backend) {
	op := get("follow-reports", "/stream", "Be told of every new and every changed report")
	op.Responses = streamed("text/event-stream", `events "new" and "changed", whose data is {"seq","kind","by","report"} and whose id continues the stream by Last-Event-ID`)
	huma.Register(api, op, func(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
		if err := need(ctx, aup.RightRead); err != nil {
			return nil, err
		}
		last, err := b.Log.Head(ctx)
		if err != nil {
			return nil, problem(err)
		}
		if seen := max(in.LastEventID, in.After); seen != 0 {
			last = min(last, seen)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", "text/event-stream")
			s := stream{feed: newFeed(hc), desk: d, fresh: make(map[aup.ReportID]bool)}
			s.run(hc.Context(), b, last+1)
		}}, nil
	})
}

// A stream is one reader of the changes.
type stream struct {
	feed
	desk *desk.Desk
	// fresh holds the reports that were received and not yet told of.
	fresh map[aup.ReportID]bool
}

// run sends what happens from an event on until the reader goes away or the
// server stops. The reader comes back with what it has, so that no failure
// need be told.
func (s stream) run(ctx context.Context, b Backend, from aup.Seq) {
	var following sync.WaitGroup
	defer following.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	events := make(chan aup.Event)
	following.Go(func() {
		defer close(events)
		for e, err := range b.Log.Follow(ctx, from) {
			if err != nil {
				return
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	})
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	err := s.send("retry: 3000\n\n")
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-b.Stopping:
			return
		case <-beat.C:
			err = s.send(": still here\n\n")
		case e, ok := <-events:
			if !ok {
				return
			}
			err = s.tell(ctx, e)
		}
	}
}

func (s stream) send(text string) error {
	if _, err := s.Write([]byte(text)); err != nil {
		return err
	}
	return s.flush()
}

// tell sends the report that e changed. One that changed again meanwhile is
// told of by its last event alone.
func (s stream) tell(ctx context.Context, e aup.Event) error {
	if e.Report == "" || e.Kind == aup.EventOpened {
		return nil
	}
	r, err := s.desk.Report(ctx, e.Report)
	if err != nil {
		return err
	}
	if e.Kind == aup.EventReceived {
		s.fresh[r.ID] = true
	}
	if r.Revision > e.Seq {
		return nil
	}
	kind := "changed"
	if s.fresh[r.ID] {
		kind = "new"
		delete(s.fresh, r.ID)
	}
	r.Findings, r.Traces, r.Thread, r.Originals, r.Steps = nil, nil, nil, nil, nil
	data, err := json.Marshal(notice{e.Seq, e.Kind, e.By, r})
	if err != nil {
		return err
	}
	return s.send(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Seq, kind, data))
}
