package desk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store/storetest"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestNext(t *testing.T) {
	d, ids := newDesk(t, storetest.Letter{Subject: "low", Severity: aup.Low}, storetest.Letter{Subject: "high", Severity: aup.High},
		storetest.Letter{Subject: "sealed", Severity: aup.High, Sealed: true}, storetest.Letter{Subject: "bob's", Severity: aup.High})
	alice, bob := as(t, "alice", aup.RoleOperator), as(t, "bob", aup.RoleOperator)
	if _, err := d.Act(alice, aup.Actor{}, ids[3], aup.Action{Do: aup.EventAssigned, To: "bob"}); err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	r, err := d.Next(alice, aup.Query{Limit: 1, After: "x"}, until)
	if err != nil || r.ID != ids[1] || r.ClaimedBy(time.Now()) != "alice" || !r.Claim.Until.Equal(until) {
		t.Errorf("first for alice: %s %+v, %v; want %s", r.ID, r.Claim, err, ids[1])
	}
	if _, err := d.Next(alice, aup.Query{Severity: aup.High}, time.Time{}); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("another of high severity for alice: %v", err)
	}
	if r, err := d.Next(bob, aup.Query{}, time.Time{}); err != nil || r.ID != ids[3] {
		t.Errorf("first for bob: %s, %v; want %s, which is his", r.ID, err, ids[3])
	}
	if _, err := d.Next(as(t, "r", aup.RoleReader), aup.Query{}, time.Time{}); !errors.Is(err, aup.ErrForbidden) {
		t.Errorf("next for a reader: %v", err)
	}
}

func TestNextTogether(t *testing.T) {
	const reports, operators = 30, 40
	letters := make([]storetest.Letter, reports)
	for i := range letters {
		letters[i] = storetest.Letter{Subject: fmt.Sprint("report ", i)}
	}
	d, _ := newDesk(t, letters...)
	var (
		mu    sync.Mutex
		given = make(map[aup.ReportID]string)
		none  int
		wg    sync.WaitGroup
	)
	for i := range operators {
		wg.Go(func() {
			name := fmt.Sprint("operator ", i)
			r, err := d.Next(as(t, name, aup.RoleOperator), aup.Query{}, time.Time{})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, aup.ErrNotFound):
				none++
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case given[r.ID] != "":
				t.Errorf("%s was given %s, as was %s", name, r.ID, given[r.ID])
			default:
				given[r.ID] = name
			}
		})
	}
	wg.Wait()
	if len(given) != reports || none != operators-reports {
		t.Errorf("%d were given one and %d none, want %d and %d", len(given), none, reports, operators-reports)
	}
}
