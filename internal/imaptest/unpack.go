//go:build integration

package imaptest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// unpack returns where the named Debian packages lie, unpacked and not
// installed: the packages of IMAP servers exclude each other. The first time it
// downloads them with apt-get.
func unpack(ctx context.Context, name string, packages []string) (prefix string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if os.Geteuid() == 0 {
		cache = "/var/cache" // the mail user must get through to it
	}
	prefix = filepath.Join(cache, "aupd-"+name)
	if _, err := os.Stat(prefix); err == nil {
		return prefix, nil
	}
	debs, err := os.MkdirTemp("", "aupd-debs-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(debs)) }()
	get := exec.CommandContext(ctx, "apt-get", append([]string{"download"}, packages...)...)
	get.Dir = debs
	if out, err := get.CombinedOutput(); err != nil {
		return "", fmt.Errorf("unpack %s: %w: %s", name, err, out)
	}
	all, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return "", err
	}
	// Renamed when it is whole, so that a broken download is not used.
	half := prefix + ".part"
	for _, deb := range all {
		if out, err := exec.CommandContext(ctx, "dpkg-deb", "-x", deb, half).CombinedOutput(); err != nil {
			return "", fmt.Errorf("unpack %s: %w: %s", name, err, out)
		}
	}
	return prefix, os.Rename(half, prefix)
}
