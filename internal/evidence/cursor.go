package evidence

import "encoding/binary"

// A cursor reads little-endian numbers off rest. When rest is too short it
// says so and returns zeros from then on.
type cursor struct {
	rest  []byte
	short bool
}

func (c *cursor) take(n int64) []byte {
	if n < 0 || n > int64(len(c.rest)) {
		c.short, c.rest = true, nil
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

// takePadded reads a length, so many bytes, and the padding to four.
func (c *cursor) takePadded() []byte {
	n := int64(c.uint32())
	b := c.take(n)
	c.rest = c.rest[min(-n&3, int64(len(c.rest))):]
	return b
}

func (c *cursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}
