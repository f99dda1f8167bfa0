package search

import (
	"errors"
	"fmt"
	"sync"

	"github.com/blevesearch/bleve/v2"
)

// A handle is bleve's index. What bleve could not write it keeps in memory,
// takes for written, and panics when it is searched: after a fault the index is
// not used until it was opened anew. A handle is safe for concurrent use.
type handle struct {
	path string

	mu    sync.Mutex
	bleve bleve.Index // nil while it is closed
	fault error       // why it is not to be used
}

func (h *handle) set(b bleve.Index) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bleve, h.fault = b, nil
}

// get returns the index, or why there is none now.
func (h *handle) get() (bleve.Index, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.fault != nil:
		return nil, fmt.Errorf("nothing is found until the disk takes writes again: %w", h.fault)
	case h.bleve == nil:
		return nil, bleve.ErrorIndexClosed
	}
	return h.bleve, nil
}

// put writes a batch, and remembers when that failed.
func (h *handle) put(batch *bleve.Batch) error {
	b, err := h.get()
	if err != nil {
		return err
	}
	if err := b.Batch(batch); err != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.fault = fmt.Errorf("search index: %w", err)
		return h.fault
	}
	return nil
}

// reopen opens the index anew after a fault; what was not written is not in it.
func (h *handle) reopen() error {
	if _, err := h.get(); err == nil {
		return nil
	}
	closed := h.close() // of no interest once it is open again
	b, err := bleve.OpenUsing(h.path, options())
	if err != nil {
		return fmt.Errorf("search index: %w", errors.Join(err, closed))
	}
	h.set(b)
	return nil
}

// close closes the index, if it is open.
func (h *handle) close() error {
	h.mu.Lock()
	b := h.bleve
	h.bleve = nil
	h.mu.Unlock()
	if b == nil {
		return nil
	}
	return b.Close()
}
