// Package search finds reports by the words in them: an index beside the store
// that follows its log, may be deleted at any time, and is made again from the
// log. It holds no text, only what words stand where.
//
// The index keeps with each batch the number of the last event that it has
// seen, so it never is ahead of the log, and goes on where it stopped.
package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"aupd/internal/aup"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
)

// FolderName is the name of the index's folder in the data folder.
const FolderName = "search"

// version is that of what is indexed and how. An index of another version is
// made again.
const version = "2"

// The keys of what an index says of itself.
var (
	keySeq     = []byte("seq")
	keyVersion = []byte("version")
)

// A Store is what an index is made from.
type Store interface {
	aup.Backlog
	Events(ctx context.Context, q aup.EventQuery) (aup.EventPage, error)
	Log() aup.Log
}

// An Index is an [aup.Searcher], safe for concurrent use.
type Index struct {
	handle
	store Store
}

// Open opens the index in the data folder dir, and makes it anew where there is
// none, another version made it, it is damaged, or it is ahead of the log, as
// after a restore. One process at a time has it open: aup.ErrBusy.
func Open(ctx context.Context, dir string, st Store) (*Index, error) {
	estimateNothing()
	path := filepath.Join(dir, FolderName)
	ix := &Index{handle{path: path}, st}
	b, err := bleve.OpenUsing(path, options())
	if err == nil {
		ix.set(b)
		if err = ix.usable(ctx); err == nil {
			return ix, nil
		}
		err = errors.Join(err, ix.close())
	}
	if busy(err) {
		return nil, fmt.Errorf("search index %s: another aupd has it open: %w", path, aup.ErrBusy)
	}
	if err := os.RemoveAll(path); err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	if b, err = bleve.NewUsing(path, fields(), scorch.Name, scorch.Name, options()); err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	if err := b.SetInternal(keyVersion, []byte(version)); err != nil {
		return nil, errors.Join(fmt.Errorf("search index: %w", err), b.Close())
	}
	ix.set(b)
	return ix, nil
}

// busy reports whether err says that another process holds the index.
func busy(err error) bool { return err != nil && err.Error() == "timeout" }

// usable says why the index cannot be gone on with; nil when it can.
func (ix *Index) usable(ctx context.Context) error {
	b, err := ix.get()
	if err != nil {
		return err
	}
	v, err := b.GetInternal(keyVersion)
	if err != nil || string(v) != version {
		return fmt.Errorf("made by version %q: %w", v, aup.ErrDamaged)
	}
	seen, err := ix.seen()
	if err != nil {
		return err
	}
	head, err := ix.store.Log().Head(ctx)
	if err == nil && seen > head {
		return fmt.Errorf("it has seen event %d, the log ends in %d: %w", seen, head, aup.ErrDamaged)
	}
	return err
}

// Close waits for what is being searched or written, and closes the index.
func (ix *Index) Close() error { return ix.close() }

// seen returns the number of the last event that is in the index.
func (ix *Index) seen() (aup.Seq, error) {
	b, err := ix.get()
	if err != nil {
		return 0, err
	}
	v, err := b.GetInternal(keySeq)
	if err != nil || len(v) != 8 {
		return 0, err
	}
	return aup.Seq(binary.BigEndian.Uint64(v)), nil
}

// fields says what is indexed of a report.
func fields() mapping.IndexMapping {
	field := func(analyzer string) *mapping.FieldMapping {
		f := bleve.NewTextFieldMapping()
		f.Analyzer, f.Store, f.IncludeTermVectors, f.IncludeInAll, f.DocValues = analyzer, false, false, false, false
		return f
	}
	doc := bleve.NewDocumentStaticMapping()
	for _, mark := range []string{"", sealedMark} {
		for _, name := range textFields {
			doc.AddFieldMappingsAt(mark+name, field(cjk.AnalyzerName))
		}
		doc.AddFieldMappingsAt(mark+fieldIndicator, field(keyword.Name))
	}
	m := bleve.NewIndexMapping()
	m.DefaultMapping, m.DefaultAnalyzer, m.StoreDynamic, m.IndexDynamic, m.DocValuesDynamic = doc, cjk.AnalyzerName, false, false, false
	return m
}

// A batch is written when it has so many reports, or after that time: a report
// is found soon, and many at once cost little. It is written in parts of so many
// bytes: the words of a part are all in memory, at many times their length.
const (
	batchReports = 100
	batchBytes   = 512 << 10
	batchWithin  = 200 * time.Millisecond
)

// Run follows the log until ctx ends, which is no error. After an error it may
// be called again, and goes on behind what was written.
func (ix *Index) Run(ctx context.Context) error {
	if err := ix.reopen(); err != nil {
		return err
	}
	seen, err := ix.seen()
	if err != nil {
		return err
	}
	events := make(chan aup.Event)
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		for range events { // until whoever sends them has ended
		}
	}()
	failed := make(chan error, 1)
	go func() {
		defer close(events)
		for e, err := range ix.store.Log().Follow(ctx, seen+1) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	var b pending
	var timer <-chan time.Time
	for {
		select {
		case e, more := <-events:
			if !more {
				select {
				case err := <-failed:
					return err
				default:
					return nil
				}
			}
			b.add(e)
			if len(b.reports) < batchReports {
				if timer == nil {
					timer = time.After(batchWithin)
				}
				continue
			}
		case <-timer:
		}
		timer = nil
		if err := ix.write(ctx, &b); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// CatchUp brings the index up to the end of the log.
func (ix *Index) CatchUp(ctx context.Context) error {
	seen, err := ix.seen()
	if err != nil {
		return err
	}
	var b pending
	for e, err := range ix.store.Log().Read(ctx, seen+1) {
		if err != nil {
			return err
		}
		if b.add(e); len(b.reports) >= batchReports {
			if err := ix.write(ctx, &b); err != nil {
				return err
			}
		}
	}
	return ix.write(ctx, &b)
}

// A pending batch is the reports whose text is other than indexed.
type pending struct {
	reports []aup.ReportID
	last    aup.Seq
}

func (b *pending) add(e aup.Event) {
	b.last = e.Seq
	other := e.Kind == aup.EventReceived || e.Kind == aup.EventNoted || e.Classified != nil && e.Classified.Verdict.Sealed || e.Action != nil && e.Action.Seals
	if other && !slices.Contains(b.reports, e.Report) {
		b.reports = append(b.reports, e.Report)
	}
}

func (ix *Index) write(ctx context.Context, b *pending) error {
	if b.last == 0 {
		return nil
	}
	index, err := ix.get()
	if err != nil {
		return err
	}
	batch := index.NewBatch()
	for _, id := range b.reports {
		t, err := ix.text(ctx, id)
		if err != nil {
			return err
		}
		if err := batch.Index(string(id), t.document()); err != nil {
			return fmt.Errorf("index report %s: %w", id, err)
		}
		if batch.TotalDocsSize() < batchBytes {
			continue
		}
		if err := ix.put(batch); err != nil {
			return err
		}
		batch.Reset()
	}
	batch.SetInternal(keySeq, binary.BigEndian.AppendUint64(nil, uint64(b.last)))
	if err := ix.put(batch); err != nil {
		return err
	}
	*b = pending{}
	return ix.merge(ctx)
}
