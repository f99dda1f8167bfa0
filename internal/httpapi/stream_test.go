package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"
	"aupd/internal/httpapi"
	"aupd/internal/store/storetest"
)

// A pipe is a response that is read while it is written.
type pipe struct {
	header http.Header
	*io.PipeWriter
}

func (p pipe) Header() http.Header { return p.header }
func (pipe) WriteHeader(int)       {}
func (pipe) Flush()                {}

// A message is one server-sent event; a comment has text alone.
type message struct {
	id, event, comment string
	data               struct {
		Seq    aup.Seq       `json:"seq"`
		Kind   aup.EventKind `json:"kind"`
		By     string        `json:"by"`
		Report aup.Report    `json:"report"`
	}
}

// A listener reads a stream.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	ended chan struct{} // closed when the handler has returned
	leave context.CancelFunc
}

func (o *office) listen(c call) *listener {
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(aup.WithPrincipal(o.t.Context(), aup.Principal{Name: "olga", Roles: []aup.UserRole{aup.RoleReader}}))
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, httpapi.Root+c.path, nil)
	if c.header != nil {
		r.Header = c.header
	}
	l := &listener{o.t, bufio.NewScanner(read), make(chan struct{}), cancel}
	go func() {
		defer close(l.ended)
		defer write.Close()
		o.mux.ServeHTTP(pipe{http.Header{}, write}, r)
	}()
	if m := l.next(); m.comment != "retry: 3000" {
		o.t.Fatalf("the stream begins with %+v", m)
	}
	return l
}

func (l *listener) next() (m message) {
	l.t.Helper()
	for l.lines.Scan() {
		name, value, ok := strings.Cut(l.lines.Text(), ": ")
		switch {
		case l.lines.Text() == "":
			return m
		case name == "id":
			m.id = value
		case name == "event":
			m.event = value
		case name == "data":
			if err := json.Unmarshal([]byte(value), &m.data); err != nil {
				l.t.Fatal(err)
			}
		case ok:
			m.comment = l.lines.Text()
		}
	}
	l.t.Fatal("the stream ended")
	return m
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, storetest.Letter{Subject: "old"}, storetest.Letter{Subject: "sealed words", Sealed: true})
		l := o.listen(call{path: "/stream"})
		start := time.Now()
		if m := l.next(); m.comment != ": still here" || time.Since(start) != 20*time.Second {
			t.Errorf("while nothing happens: %+v after %v", m, time.Since(start))
		}
		id := storetest.Post(t, o.store, storetest.Letter{Subject: "brand new"})[0]
		if m := l.next(); m.event != "new" || m.id != "6" || m.data.Seq != 6 || m.data.Report.Subject != "brand new" {
			t.Errorf("a new report: %+v", m)
		}
		o.ask(o.act(id, `{"do":"claimed"}`), 200, nil)
		if m := l.next(); m.event != "changed" || m.data.Kind != aup.EventClaimed || m.data.By != "olga" || m.data.Report.State != aup.StateClaimed {
			t.Errorf("a claim: %+v", m)
		}
		o.ask(o.act(o.ids[1], `{"do":"noted","reason":"sealed words"}`), 200, nil)
		if m := l.next(); m.data.Report.ID != o.ids[1] || m.data.Report.Subject != "" {
			t.Errorf("a sealed report: %+v", m)
		}
		l.leave()
		<-l.ended

		again := o.listen(call{path: "/stream", header: header("Last-Event-Id", "4")})
		if m := again.next(); m.event != "new" || m.data.Kind != aup.EventClaimed || m.data.Report.ID != id || m.id != "7" {
			t.Errorf("from the fourth event on: %+v, want the newest state of %s once", m, id)
		}
		if m := again.next(); m.data.Report.ID != o.ids[1] || m.id != "8" {
			t.Errorf("and then: %+v", m)
		}
		again.leave()
		<-again.ended
	})
}

func TestStreamEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		stop := make(chan struct{})
		b := o.backend()
		b.Stopping = stop
		o.mux = http.NewServeMux()
		httpapi.New(o.mux, b)
		l := o.listen(call{path: "/stream"})
		close(stop)
		<-l.ended
		l.leave()
	})
}
