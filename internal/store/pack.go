package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"aupd/internal/aup"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// JSON in rows, of which there are many and short ones, is packed with S2, which
// takes a fifth of the time of zstd and half as much room again:
//
//	<1><CRC-32C of the JSON, 4 bytes><S2 of the JSON>
//
// In a store of format 3 it is zstd, which begins with another byte (RFC 8878,
// 3.1.1). Messages are zstd as before: their room counts.
const packed = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// pack returns prefix with data, packed, behind it.
func pack(prefix, data []byte) []byte {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	size := s2.MaxEncodedLen(len(data))
	*buf = slices.Grow((*buf)[:0], size)
	short := s2.Encode((*buf)[:size], data)
	row := append(make([]byte, 0, len(prefix)+1+4+len(short)), prefix...)
	row = binary.BigEndian.AppendUint32(append(row, packed), crc32.Checksum(data, castagnoli))
	return append(row, short...)
}

func unpack(row []byte) ([]byte, error) {
	if len(row) < 1+4 || row[0] != packed {
		return decompress(row)
	}
	size, err := s2.DecodedLen(row[1+4:])
	if err == nil && size > maxDecoded {
		err = s2.ErrTooLarge
	}
	var data []byte
	if err == nil {
		data, err = s2.Decode(nil, row[1+4:])
	}
	if err == nil && crc32.Checksum(data, castagnoli) != binary.BigEndian.Uint32(row[1:]) {
		err = s2.ErrCRC
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", err, aup.ErrDamaged)
	}
	return data, nil
}

// The compressor and the decompressor keep no state between calls. The window
// is as large as what they get: a larger one costs memory and finds nothing more.
var (
	encoder = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(maxWhole)))
	// Chunks that are written ahead are mostly base64, in which nothing is found
	// twice: a quarter of it goes all the same.
	aheadEncoder = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(chunkSize),
		zstd.WithAllLitEntropyCompression(true)))
	// maxDecoded bounds what a damaged row can make us allocate.
	decoder = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxDecoded)))
)

const maxDecoded = 256 << 20

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // only wrong options can fail
	}
	return v
}

// buffers holds memory for what is thrown away at once.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// compress returns data, compressed, in no more memory than that takes: it is
// held until the end of a transaction.
func compress(data []byte) []byte {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = encoder.EncodeAll(data, (*buf)[:0])
	return bytes.Clone(*buf)
}

func decompress(data []byte) ([]byte, error) {
	out, err := decoder.DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", err, aup.ErrDamaged)
	}
	return out, nil
}

// marshal returns v as JSON, in the memory of buf.
func marshal(buf *[]byte, v any) ([]byte, error) {
	to := bytes.NewBuffer((*buf)[:0])
	err := json.NewEncoder(to).Encode(v)
	*buf = to.Bytes()
	return bytes.TrimSuffix(*buf, []byte("\n")), err
}
