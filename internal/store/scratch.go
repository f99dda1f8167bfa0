package store

import (
	"bytes"
	"os"
	"path/filepath"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// A scratch is a view made anew in a file of its own, so that memory stays
// flat however many reports there are.
type scratch struct {
	dir    string
	db     *bbolt.DB
	tx     *bbolt.Tx
	n      int
	broken bool // an event could not be applied: nothing to compare
}

func newScratch() (*scratch, error) {
	dir, err := os.MkdirTemp("", "aupd-verify-")
	if err != nil {
		return nil, err
	}
	sc := &scratch{dir: dir}
	sc.db, err = bbolt.Open(filepath.Join(dir, "view"), 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true})
	if err == nil {
		err = sc.db.Update(func(tx *bbolt.Tx) error { _, err := createView(tx); return err })
	}
	if err != nil {
		sc.remove()
		return nil, err
	}
	return sc, nil
}

// apply brings the scratch view up to e, a thousand events a transaction.
func (sc *scratch) apply(e aup.Event) (err error) {
	if sc.broken {
		return nil
	}
	if sc.tx == nil {
		if sc.tx, err = sc.db.Begin(true); err != nil {
			return err
		}
	}
	if _, err := applyEvents(sc.tx.Bucket(bucketView), e); err != nil {
		return err
	}
	if sc.n++; sc.n%1000 == 0 {
		err = sc.tx.Commit()
		sc.tx = nil
	}
	return err
}

// compare tells a of every row in which the kept view differs.
func (sc *scratch) compare(tx *bbolt.Tx, a *auditor) (err error) {
	if sc.broken {
		return nil
	}
	if sc.tx == nil {
		if sc.tx, err = sc.db.Begin(true); err != nil {
			return err
		}
	}
	kept, again := tx.Bucket(bucketView), sc.tx.Bucket(bucketView)
	for _, name := range viewBuckets {
		ck, ca := kept.Bucket(name).Cursor(), again.Bucket(name).Cursor()
		k, v := ck.First()
		ak, av := ca.First()
		for k != nil || ak != nil {
			switch c := bytes.Compare(k, ak); {
			case ak == nil || k != nil && c < 0:
				a.fault("view: %s %q is kept, but does not follow from the log", name, k)
				k, v = ck.Next()
			case k == nil || c > 0:
				a.fault("view: %s %q is missing", name, ak)
				ak, av = ca.Next()
			default:
				if !bytes.Equal(v, av) {
					a.fault("view: %s %q differs from what follows from the log", name, k)
				}
				k, v = ck.Next()
				ak, av = ca.Next()
			}
		}
	}
	return nil
}

func (sc *scratch) remove() {
	if sc.tx != nil {
		_ = sc.tx.Rollback()
	}
	if sc.db != nil {
		_ = sc.db.Close()
	}
	_ = os.RemoveAll(sc.dir)
}
