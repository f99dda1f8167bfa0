package search_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/search"
	"aupd/internal/store"
)

// BenchmarkSearch searches a backlog of 10,000 reports; AUPD_REPORTS=100000
// makes it larger. It reports the median and the slowest of twenty in a hundred.
//
//	AUPD_REPORTS=100000 go test -run '^$' -bench Search -timeout 1h ./internal/search
func BenchmarkSearch(b *testing.B) {
	n := 10_000
	if s := os.Getenv("AUPD_REPORTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	st, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	rng := rand.New(rand.NewPCG(1, 2))
	vocabulary := words(rng, 20_000)
	var batch []aup.Intake
	for i := range n {
		batch = append(batch, made(rng, i, vocabulary))
		if len(batch) == 500 || i == n-1 {
			if _, err := st.Record(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	ix, err := search.Open(b.Context(), b.TempDir(), st)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ix.Close() })
	start := time.Now()
	if err := ix.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d reports indexed in %v", n, time.Since(start).Round(time.Millisecond))
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		text := vocabulary[rng.IntN(200)]
		switch i % 4 {
		case 1:
			text += " " + vocabulary[rng.IntN(200)]
		case 2:
			text = text[:3] + "*"
		case 3:
			text = fmt.Sprintf("203.0.%d.0/24", rng.IntN(256))
		}
		start := time.Now()
		if _, err := ix.Search(b.Context(), aup.Query{Text: text, Limit: 20}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*8/10].Microseconds())/1000, "p80-ms")
}

// words makes words, the first ones of which are used the most.
func words(rng *rand.Rand, n int) []string {
	out := make([]string, n)
	for i := range out {
		var w strings.Builder
		for range 4 + rng.IntN(6) {
			w.WriteByte(byte('a' + rng.IntN(26)))
		}
		out[i] = w.String()
	}
	return out
}

func made(rng *rand.Rand, i int, vocabulary []string) aup.Intake {
	var text strings.Builder
	for range 80 + rng.IntN(120) {
		f := rng.Float64()
		text.WriteString(vocabulary[int(f*f*f*float64(len(vocabulary)))] + " ")
	}
	raw := []byte(text.String())
	m := &aup.Mail{Hash: sha256.Sum256(raw), Size: int64(len(raw)), Raw: bytes.NewReader(raw), Source: aup.Source{Mailbox: "file"}}
	doc := aup.Document{
		Messages:   []aup.Message{{Parent: -1, Subject: fmt.Sprintf("report %d %s", i, vocabulary[rng.IntN(2000)])}},
		Parts:      []aup.Part{{ID: "1", Kind: aup.PartText, Text: text.String()}},
		Indicators: []aup.Indicator{{Kind: aup.IndicatorIP, Value: fmt.Sprintf("203.0.%d.%d", rng.IntN(256), rng.IntN(256)), Role: aup.RoleSource}},
	}
	at := time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)
	v := aup.Verdict{Outcome: aup.OutcomeNone, Primary: aup.None, Clauses: []aup.ClauseID{}}
	return aup.Intake{Mail: m, Events: []aup.Event{aup.NewReceived(m, doc, at, "file"), aup.NewClassified(m.Hash, v, at, "file")}}
}
