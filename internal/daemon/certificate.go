package daemon

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A certificate is that of a listener. It is read again when one of its files
// was replaced; while the new ones do not fit together, the old one serves.
type certificate struct {
	files [2]string // certificate and key, in PEM
	log   *slog.Logger

	mu    sync.Mutex
	pair  *tls.Certificate
	times [2]time.Time // of the files that were read last
}

// openCertificate reads a certificate and its key.
func openCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{files: [2]string{certFile, keyFile}, log: log}
	return c, c.read()
}

func (c *certificate) read() error {
	for i, file := range c.files {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		c.times[i] = info.ModTime()
	}
	pair, err := tls.LoadX509KeyPair(c.files[0], c.files[1])
	if err == nil {
		c.pair = &pair
	}
	return err
}

func (c *certificate) changed() bool {
	for i, file := range c.files {
		if info, err := os.Stat(file); err == nil && !info.ModTime().Equal(c.times[i]) {
			return true
		}
	}
	return false
}

// get is called at every handshake, which costs more than two looks at a file.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed() {
		if err := c.read(); err != nil {
			c.log.Error("the new certificate cannot be used, the old one stays", "err", err)
		}
	}
	return c.pair, nil
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}
