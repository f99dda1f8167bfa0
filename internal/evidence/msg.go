package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// A storage is a folder of an Outlook .msg file ([MS-OXMSG], 2): a message or
// an attachment, with its properties and what lies in it.
type storage struct {
	properties properties
	children   []*storage
	name       string
}

const (
	msgProperty   = "__substg1.0_"
	msgAttachment = "__attach_version1.0_"
	msgFixed      = "__properties_version1.0"
	msgEmbedded   = msgProperty + "3701000D"
)

// msgFile reads an attached Outlook message.
func (b *builder) msgFile(_ file, data []byte, message int, id aup.PartID) string {
	b.opened += len(data)
	root, err := readMSG(data)
	if err != nil {
		b.problem("msg", id, err.Error())
	}
	if root == nil {
		return "damaged"
	}
	b.msgMessage(root, message, id)
	return ""
}

func (b *builder) msgMessage(s *storage, parent int, id aup.PartID) {
	i, ok := b.mapiOriginal(s.properties, parent, aup.ViaMSG, id)
	if !ok {
		return
	}
	b.mapiBody(s.properties, i, id+"/msg")
	n := 0
	for _, a := range s.children {
		if !strings.HasPrefix(a.name, msgAttachment) {
			continue
		}
		n++
		path := id + aup.PartID("/"+section("msg", n))
		if inner := a.child(msgEmbedded); inner != nil {
			b.nested++
			b.msgMessage(inner, i, path)
			b.nested--
			continue
		}
		b.file(mapiFile(a.properties, a.properties[propAttachData].data), i, path)
	}
}

func (s *storage) child(name string) *storage {
	for _, c := range s.children {
		if strings.EqualFold(c.name, name) {
			return c
		}
	}
	return nil
}

// An msgReader makes storages of the entries of a compound file.
type msgReader struct {
	file *compound
	seen []bool // entries that were met: in a damaged file they form circles
	left int    // how many bytes of streams may still be kept
	off  bool   // a stream breaks off
}

// readMSG reads the storages of a .msg file. It returns what it read before an
// error.
func readMSG(data []byte) (*storage, error) {
	file, err := openCFB(data)
	if file == nil {
		return nil, fmt.Errorf("the .msg file cannot be opened: %w", err)
	}
	r := msgReader{file: file, seen: make([]bool, len(file.entries)), left: maxUnpacked}
	root := &storage{properties: properties{}}
	r.walk(file.entries[0].child, root, 0)
	switch {
	case err != nil:
		return root, fmt.Errorf("the .msg file is not read whole: %w", err)
	case r.left <= 0:
		return root, errors.New("the .msg file holds more than the bound, the rest was not read")
	case r.off:
		return root, errors.New("the .msg file breaks off")
	}
	return root, nil
}

// walk adds the entries of the tree below at to s.
func (r *msgReader) walk(at uint32, s *storage, depth int) {
	if int64(at) >= int64(len(r.seen)) || r.seen[at] || depth > 2*maxOriginals {
		return
	}
	r.seen[at] = true
	e := r.file.entries[at]
	r.walk(e.left, s, depth)
	if e.stream {
		r.stream(e, s)
	} else {
		inner := &storage{properties: properties{}, name: e.name}
		s.children = append(s.children, inner)
		r.walk(e.child, inner, depth+1)
	}
	r.walk(e.right, s, depth)
}

// stream takes one stream of s.
func (r *msgReader) stream(e cfbEntry, s *storage) {
	if e.name == msgFixed {
		s.fixed(r.content(e))
		return
	}
	tag, ok := strings.CutPrefix(e.name, msgProperty)
	if !ok || len(tag) != 8 {
		return
	}
	if n, err := strconv.ParseUint(tag, 16, 32); err == nil {
		s.properties[uint16(n>>16)] = property{uint16(n), r.content(e)}
	}
}

func (r *msgReader) content(e cfbEntry) []byte {
	data := r.file.content(e, r.left)
	r.left -= len(data)
	r.off = r.off || uint64(len(data)) < e.size
	return data
}

// fixed reads the properties of fixed size: 16 bytes each, behind a head that
// is 8, 24 or 32 bytes long, depending on what they belong to.
func (s *storage) fixed(data []byte) {
	head := len(data) % 16
	if head == 0 && len(data) >= 32 {
		head = 32
	} else if head == 8 && !strings.HasPrefix(s.name, "__") {
		head = 24
	} else if head == 8 && s.name == msgEmbedded {
		head = 24
	}
	for data = data[min(head, len(data)):]; len(data) >= 16; data = data[16:] {
		kind, id := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:])
		switch kind {
		case typeString8, typeUnicode, typeBinary, typeObject: // stand in streams of their own
		default:
			s.properties.set(id, kind, data[8:16])
		}
	}
}
