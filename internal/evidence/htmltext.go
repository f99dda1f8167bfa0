package evidence

import (
	"bytes"

	"aupd/internal/aup"
)

// write appends text, white space collapsed as CSS does outside of pre.
func (w *walker) write(text []byte) {
	top := w.top()
	if top.pre {
		w.pending()
		w.mark(text, top)
		return
	}
	for len(text) > 0 {
		if n := spaceWidth(text); n > 0 {
			w.space = true
			text = text[n:]
			continue
		}
		n := wordsEnd(text)
		w.pending()
		w.mark(text[:n], top)
		text = text[n:]
	}
}

// mark appends text that is not white space, and notes it when it is hidden.
func (w *walker) mark(text []byte, top *element) {
	start := len(w.out)
	w.out = append(w.out, text...)
	if !top.dark {
		return
	}
	if n := len(w.result.hidden); n > 0 && len(bytes.TrimSpace(w.out[w.result.hidden[n-1].End:start])) == 0 {
		w.result.hidden[n-1].End = len(w.out)
		return
	}
	w.result.hidden = append(w.result.hidden, aup.Range{Start: start, End: len(w.out)})
}

// pending writes the white space that awaits the next word.
func (w *walker) pending() {
	switch {
	case len(w.out) == 0:
	case w.breaks > 0:
		w.out = append(w.out, "\n\n"[:w.breaks]...)
	case w.tab:
		w.out = append(w.out, '\t')
	case w.space && w.out[len(w.out)-1] != '\n':
		w.out = append(w.out, ' ')
	}
	w.space, w.tab, w.breaks = false, false, 0
}

// next returns where the next word will begin.
func (w *walker) next() int {
	if len(w.out) == 0 {
		return 0
	}
	if w.breaks > 0 {
		return len(w.out) + w.breaks
	}
	if w.tab || w.space && w.out[len(w.out)-1] != '\n' {
		return len(w.out) + 1
	}
	return len(w.out)
}

// lineBreak asks for at least n line ends before the next word.
func (w *walker) lineBreak(n int) { w.breaks = max(w.breaks, n) }
