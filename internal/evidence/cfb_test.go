package evidence

import (
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
)

// A cfbFile is a compound file in the making: a directory in sectors of 4 KB
// from 0 on, then the one sector of the table.
type cfbFile struct{ raw []byte }

const cfbSector, cfbNone = 4096, 0xffffffff

func newCFB(entries int) cfbFile {
	le := binary.LittleEndian
	sectors := (entries*cfbEntrySize + cfbSector - 1) / cfbSector
	f := cfbFile{make([]byte, (sectors+2)*cfbSector)}
	copy(f.raw, oleMagic)
	le.PutUint16(f.raw[30:], 12)
	le.PutUint32(f.raw[60:], cfbNone)
	le.PutUint32(f.raw[68:], cfbNone)
	for i := range 109 {
		le.PutUint32(f.raw[76+4*i:], cfbNone)
	}
	le.PutUint32(f.raw[76:], uint32(sectors))
	for i := range sectors {
		f.next(i, uint32(i+1))
	}
	f.next(sectors-1, cfbNone)
	f.next(sectors, cfbNone)
	for i := range sectors * cfbSector / cfbEntrySize {
		f.entry(i, "__x", 1, cfbNone, cfbNone, cfbNone)
	}
	return f
}

func (f cfbFile) next(sector int, next uint32) {
	binary.LittleEndian.PutUint32(f.raw[len(f.raw)-cfbSector+4*sector:], next)
}

func (f cfbFile) entry(i int, name string, kind byte, left, right, child uint32) []byte {
	e := f.raw[cfbSector+i*cfbEntrySize:][:cfbEntrySize]
	clear(e)
	for j, c := range name {
		binary.LittleEndian.PutUint16(e[2*j:], uint16(c))
	}
	binary.LittleEndian.PutUint16(e[64:], uint16(2*len(name)+2))
	e[66] = kind
	for j, v := range []uint32{left, right, child} {
		binary.LittleEndian.PutUint32(e[68+4*j:], v)
	}
	return e
}

// TestHostileMSG reads .msg files whose folders and sectors go round and round
// or down and down.
func TestHostileMSG(t *testing.T) {
	const (
		many   = 8000
		folder = 1
		stream = 2
		body   = msgProperty + "1000001F"
		most   = 48 << 20
	)
	for name, change := range map[string]func(f cfbFile){
		"folders within each other": func(f cfbFile) {
			for i := range many - 1 {
				f.entry(i, "__x", folder, cfbNone, cfbNone, uint32(i+1))
			}
		},
		"folders beside each other": func(f cfbFile) {
			f.entry(0, "Root Entry", 5, cfbNone, cfbNone, 1)
			for i := 1; i < many-1; i++ {
				f.entry(i, "__x", folder, cfbNone, uint32(i+1), cfbNone)
			}
		},
		"a folder in itself":    func(f cfbFile) { f.entry(0, "Root Entry", 5, 0, 0, 1); f.entry(1, "__x", folder, 1, 0, 1) },
		"a directory in itself": func(f cfbFile) { f.next(0, 0) },
		"a table of itself":     func(f cfbFile) { binary.LittleEndian.PutUint32(f.raw[68:], 0) },
		"a stream without an end": func(f cfbFile) {
			f.entry(0, "Root Entry", 5, cfbNone, cfbNone, 1)
			e := f.entry(1, body, stream, cfbNone, cfbNone, cfbNone)
			binary.LittleEndian.PutUint64(e[120:], 1<<62)
			f.next(0, 0)
		},
		"the same stream all over": func(f cfbFile) {
			f.entry(0, "Root Entry", 5, cfbNone, cfbNone, 1)
			for i := 1; i < many-1; i++ {
				e := f.entry(i, body, stream, cfbNone, uint32(i+1), cfbNone)
				binary.LittleEndian.PutUint64(e[120:], 1<<20)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newCFB(many)
			change(f)
			raw := "Subject: x\nContent-Type: application/vnd.ms-outlook\n\n" + string(f.raw)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("reading %d bytes allocated %d, want at most %d", len(raw), got, most)
			}
			if len(doc.Attachments) != 1 || doc.Attachments[0].MediaType != "application/vnd.ms-outlook" {
				t.Errorf("attachments %+v", doc.Attachments)
			}
		})
	}
}
