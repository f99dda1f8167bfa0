package evidence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"aupd/internal/aup"

	"github.com/richardlehane/mscfb"
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

// readMSG reads the storages of a .msg file. It returns what it read before an
// error; the file format's library may panic on hostile input.
func readMSG(data []byte) (root *storage, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the .msg file is damaged: %v", p)
		}
	}()
	doc, err := mscfb.New(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("the .msg file cannot be opened: %w", err)
	}
	root = &storage{properties: properties{}}
	left := maxUnpacked
	for n := 0; ; n++ {
		entry, err := doc.Next()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return root, fmt.Errorf("the .msg file is damaged: %w", err)
		}
		if n > 10*maxParts {
			return root, errors.New("the .msg file has more streams than the bound")
		}
		if entry.FileInfo().IsDir() || len(entry.Path) > 2*maxOriginals {
			continue
		}
		if left -= root.at(entry.Path).stream(entry, left); left <= 0 {
			return root, errors.New("the .msg file holds more than the bound, the rest was not read")
		}
	}
}

// at returns the storage at a path, made where it is missing.
func (s *storage) at(path []string) *storage {
	for _, name := range path {
		next := s.child(name)
		if next == nil {
			next = &storage{properties: properties{}, name: name}
			s.children = append(s.children, next)
		}
		s = next
	}
	return s
}

// stream takes one stream of s and returns how long it was.
func (s *storage) stream(entry *mscfb.File, limit int) int {
	switch {
	case entry.Name == msgFixed:
		data, _ := readBounded(entry, limit)
		s.fixed(data)
		return len(data)
	case strings.HasPrefix(entry.Name, msgProperty) && len(entry.Name) == len(msgProperty)+8:
		tag, err := strconv.ParseUint(entry.Name[len(msgProperty):], 16, 32)
		if err != nil {
			return 0
		}
		data, _ := readBounded(entry, limit)
		s.properties[uint16(tag>>16)] = property{uint16(tag), data}
		return len(data)
	}
	return 0
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
