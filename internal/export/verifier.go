package export

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"aupd/internal/aup"
)

// A verifier holds what was read of a bundle.
type verifier struct {
	version  string
	checks   []Check
	text     map[string][]byte // of every file but the message
	sums     map[string]aup.Hash
	manifest manifest
	events   []aup.StoredEvent
}

func (v *verifier) check(name string, err error) {
	c := Check{Name: name}
	if err != nil {
		c.Fault = err.Error()
	}
	v.checks = append(v.checks, c)
}

func (v *verifier) read(z *zip.Reader) error {
	var errs []error
	want := append(bundleFiles(), fileManifest)
	for _, f := range z.File {
		i := slices.Index(want, f.Name)
		if i < 0 {
			errs = append(errs, fmt.Errorf("%.40q is no file of a bundle, or is there twice", f.Name))
			continue
		}
		want = slices.Delete(want, i, i+1)
		if err := v.readFile(f); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Name, err))
		}
	}
	for _, name := range want {
		errs = append(errs, fmt.Errorf("%s is missing", name))
	}
	return errors.Join(errs...)
}

func (v *verifier) readFile(f *zip.File) error {
	content, err := f.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	h := sha256.New()
	if f.Name == fileRaw {
		_, err = io.Copy(h, content)
	} else {
		v.text[f.Name], err = io.ReadAll(io.TeeReader(io.LimitReader(content, maxText+1), h))
		if err == nil && len(v.text[f.Name]) > maxText {
			return fmt.Errorf("has more than %d bytes", maxText)
		}
	}
	v.sums[f.Name] = aup.Hash(h.Sum(nil))
	return err
}

func (v *verifier) readManifest() error {
	if err := json.Unmarshal(v.text[fileManifest], &v.manifest); err != nil {
		return err
	}
	if v.manifest.Format != bundleFormat {
		return fmt.Errorf("the bundle has format %d, this aupd knows %d", v.manifest.Format, bundleFormat)
	}
	return nil
}

func (v *verifier) matches(name string) error {
	want, said := v.manifest.Files[name]
	if got, there := v.sums[name]; !said || !there || got != want {
		return fmt.Errorf("the file has %s, the manifest says %s", got, want)
	}
	return nil
}

// chain reads the events and checks each by itself, and the ones that stand
// next to each other in the log, or at its end, against each other.
func (v *verifier) chain() error {
	var before aup.StoredEvent
	for line := range bytes.Lines(v.text[fileEvents]) {
		var e aup.StoredEvent
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("after event %d: %w", before.Seq, err)
		}
		switch head := v.manifest.Head; {
		case !e.Holds():
			return fmt.Errorf("event %d was changed: its hash does not follow", e.Seq)
		case e.Seq <= before.Seq || e.Seq > head.Seq:
			return fmt.Errorf("event %d stands after %d in a log that ends in %d", e.Seq, before.Seq, head.Seq)
		case e.Seq == before.Seq+1 && e.Prev != before.Hash:
			return fmt.Errorf("event %d does not follow from event %d", e.Seq, before.Seq)
		case e.Seq == head.Seq && e.Hash != head.Hash:
			return fmt.Errorf("event %d is the head of the log, and the manifest says another hash", e.Seq)
		}
		v.events, before = append(v.events, e), e
	}
	return nil
}

func (v *verifier) message(r aup.Report) error {
	sum := v.sums[fileRaw]
	longer := len(r.ID)/5 - 2 // groups of four characters beyond the usual three
	switch {
	case sum != r.SHA256:
		return fmt.Errorf("the message has %s, the report says %s", sum, r.SHA256)
	case longer < 0 || aup.NewReportID(sum, longer) != r.ID:
		return fmt.Errorf("the report is named %s, which is not made from %s", r.ID, sum)
	case v.manifest.Report != r.ID || v.manifest.SHA256 != sum:
		return fmt.Errorf("the manifest is of report %s, message %s", v.manifest.Report, v.manifest.SHA256)
	}
	return nil
}

// follows checks a file against what the events come to. Another version of
// aupd may have written fewer fields, as none is ever renamed.
func (v *verifier) follows(name string, h history) error {
	want, err := h.files()
	if err != nil || bytes.Equal(want[name], v.text[name]) {
		return err
	}
	if v.manifest.Version == v.version {
		return errors.New("it differs")
	}
	var says, meant any
	if err := errors.Join(json.Unmarshal(v.text[name], &says), json.Unmarshal(want[name], &meant)); err != nil {
		return err
	}
	if !within(says, meant) {
		return fmt.Errorf("it differs; the bundle was made by aupd %s, this is %s", v.manifest.Version, v.version)
	}
	return nil
}

// within reports whether all of part is in whole, in the same place.
func within(part, whole any) bool {
	switch p := part.(type) {
	case map[string]any:
		w, ok := whole.(map[string]any)
		for k, v := range p {
			ok = ok && within(v, w[k])
		}
		return ok
	case []any:
		w, ok := whole.([]any)
		ok = ok && len(w) == len(p)
		for i := 0; ok && i < len(p); i++ {
			ok = within(p[i], w[i])
		}
		return ok
	}
	return reflect.DeepEqual(part, whole)
}
