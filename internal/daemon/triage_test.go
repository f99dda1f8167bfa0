package daemon_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/httpapi"
)

func dial(t *testing.T, r *running) *httpapi.Client {
	t.Helper()
	c, err := httpapi.Dial(t.Context(), r.at.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestManyOperators has 100 operators decide on 50 reports at once, each two
// having read the same one before either decides: one decision of the two is
// recorded, the other one is told of it, and nothing is lost.
func TestManyOperators(t *testing.T) {
	const reports, operators = 50, 100
	r := run(t)
	go func() {
		for range reports { // the channel is shorter than that
			<-r.recorded
		}
	}()
	c := dial(t, r)
	ids := make([]aup.ReportID, reports)
	for i := range ids {
		got, err := c.Submit(t.Context(), "a.eml", strings.NewReader(report+fmt.Sprint("Number ", i, "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = got.ID
	}
	var (
		mu      sync.Mutex
		winners = make(map[aup.ReportID]string)
		losers  = make(map[aup.ReportID]error)
		read    sync.WaitGroup
		done    sync.WaitGroup
	)
	read.Add(operators)
	for i := range operators {
		done.Go(func() {
			who := aup.Actor{Name: fmt.Sprint("operator ", i)}
			rep, err := c.Report(t.Context(), ids[i%reports])
			read.Done()
			read.Wait()
			if err == nil {
				_, err = c.Act(t.Context(), who, rep.ID, aup.Action{
					Do: aup.EventDecided, Saw: rep.Revision, Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"4"}, Reason: who.Name,
				})
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				winners[rep.ID] = who.Name
			case errors.Is(err, aup.ErrConflict):
				losers[rep.ID] = err
			default:
				t.Errorf("%s: %v", who.Name, err)
			}
		})
	}
	done.Wait()
	for _, id := range ids {
		rep, err := c.Report(t.Context(), id)
		if err != nil || rep.Decision == nil || rep.Decision.By != winners[id] || rep.Decision.Reason != winners[id] {
			t.Errorf("report %s: %+v, %v; decided by %q", id, rep.Decision, err, winners[id])
		}
		if lost := losers[id]; lost == nil || !strings.Contains(lost.Error(), "decided by "+winners[id]) {
			t.Errorf("report %s: the other operator was told: %v", id, lost)
		}
	}
	log, err := c.Events(t.Context(), aup.EventQuery{})
	if err != nil {
		t.Fatal(err)
	}
	decided := 0
	for _, e := range log.Events {
		if e.Kind == aup.EventDecided {
			decided++
		}
	}
	if decided != reports {
		t.Errorf("%d decisions in the log, want %d", decided, reports)
	}
	if a, err := c.Verify(t.Context()); err != nil || len(a.Faults) > 0 || a.Reports != reports {
		t.Errorf("Verify = %+v, %v", a, err)
	}
}

func TestWhoActs(t *testing.T) {
	r := run(t)
	r.append(t, report)
	id := r.wait(t).ID
	c := dial(t, r)
	if _, err := c.Act(t.Context(), aup.Actor{Name: "ann"}, id, aup.Action{Do: aup.EventNoted, Reason: "n"}); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.at.HTTP+"/api/v1/reports/"+string(id)+"/actions", strings.NewReader(`{"do":"claimed"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for _, tc := range []struct {
		origin string
		status int
	}{{"https://evil.example", http.StatusForbidden}, {"", http.StatusOK}} {
		req := req.Clone(t.Context())
		req.Body, err = req.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		if tc.origin != "" {
			req.Header.Set("Origin", tc.origin)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != tc.status {
			t.Errorf("a claim from origin %q: %s, want %d", tc.origin, resp.Status, tc.status)
		}
	}
	log, err := c.Events(t.Context(), aup.EventQuery{Report: id, After: 2})
	if err != nil || len(log.Events) != 2 {
		t.Fatalf("events: %+v, %v", log, err)
	}
	for i, want := range []aup.Actor{{Name: "ann", From: "cli"}, {Name: daemon.User(), From: "api"}} {
		if e := log.Events[i]; e.By != want.Name || e.From != want.From {
			t.Errorf("event %d is by %s from %s, want %+v", e.Seq, e.By, e.From, want)
		}
	}
}

// TestStreamEndsAtTheStop reads a stream to its end, which comes in order: a
// connection that was cut off would be an error.
func TestStreamEndsAtTheStop(t *testing.T) {
	r := run(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.at.HTTP+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	if data, err := io.ReadAll(resp.Body); err != nil || !strings.HasPrefix(string(data), "retry: ") {
		t.Errorf("the stream was %q, %v", data, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}
