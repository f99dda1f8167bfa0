//go:build integration

package imaptest

import (
	"context"
	"fmt"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// A Link is a way to a server on which a test can have faults, by a proxy on a
// loopback port. It is safe for concurrent use. Faults of one kind do not add
// up; Heal takes all of them away.
type Link struct {
	Addr  string // where to connect to
	proxy *toxiproxy.Proxy
}

// NewLink returns a link without faults to the server at addr.
func NewLink(addr string) (*Link, error) {
	zerolog.SetGlobalLevel(zerolog.Disabled) // one fault logs past its logger
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(api, "imap", "127.0.0.1:0", addr)
	if err := p.Start(); err != nil {
		return nil, err
	}
	return &Link{p.Listen, p}, nil
}

// Cut ends every connection that is open now.
func (l *Link) Cut() error {
	l.proxy.Stop()
	return l.proxy.Start()
}

// Slow lets so many KB a second through to the client.
func (l *Link) Slow(rate int) error {
	return l.fault("bandwidth", "downstream", fmt.Sprintf(`{"rate": %d}`, rate))
}

// Break ends each connection behind so many bytes to the client.
func (l *Link) Break(bytes int) error {
	return l.fault("limit_data", "downstream", fmt.Sprintf(`{"bytes": %d}`, bytes))
}

// Reset ends each connection with an RST at the next byte.
func (l *Link) Reset() error { return l.fault("reset_peer", "downstream", `{"timeout": 0}`) }

// Stall loses every byte both ways and keeps the connections open, as behind a
// router that forgot them. Those that are open then end when it heals.
func (l *Link) Stall() error {
	if err := l.fault("timeout", "downstream", `{"timeout": 0}`); err != nil {
		return err
	}
	return l.fault("timeout", "upstream", `{"timeout": 0}`)
}

func (l *Link) fault(kind, stream, attributes string) error {
	fault := fmt.Sprintf(`{"type": %q, "stream": %q, "attributes": %s}`, kind, stream, attributes)
	_, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(fault))
	return err
}

// Heal takes all faults away.
func (l *Link) Heal(ctx context.Context) { l.proxy.Toxics.ResetToxics(ctx) }

// Close ends the link and every connection on it.
func (l *Link) Close() { l.proxy.Stop() }
