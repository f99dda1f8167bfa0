package cli

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"aupd/config"
	"aupd/internal/daemon"
	"aupd/internal/mailbox"

	"github.com/dustin/go-humanize"
)

// soon is how long before its end a certificate is worth a look.
const soon = 21 * 24 * time.Hour

// mailbox looks at the way to a mailbox, step by step.
func (d *doctor) mailbox(ctx context.Context, cfg config.Config, mb config.Mailbox) {
	u, err := url.Parse(mb.URL)
	if err != nil {
		d.bad("mailbox %s: %v", mb.Name, err)
		return
	}
	if vendor := takesNoPassword(u.Hostname()); vendor != "" && mb.OAuth2 == nil {
		d.warn("mailbox %s: %s", mb.Name, vendor)
	}
	if !d.host(ctx, mb, u.Hostname()) {
		return
	}
	p, err := daemon.Probe(ctx, cfg, mb)
	if err != nil {
		d.bad("%v", err)
		return
	}
	secure := "plain text, on this machine"
	if p.TLS != "" {
		secure = p.TLS + ", certificate until " + p.CertificateEnds.UTC().Format(time.DateOnly)
	}
	d.good("mailbox %s: signed in as %s, %s", mb.Name, mb.Username, secure)
	if !p.CertificateEnds.IsZero() && time.Until(p.CertificateEnds) < soon {
		d.warn("mailbox %s: the server's certificate ends %s: have it renewed", mb.Name, humanize.Time(p.CertificateEnds))
	}
	if !p.SecretEnds.IsZero() && time.Until(p.SecretEnds) < mailbox.SecretSoon {
		d.warn("mailbox %s: the secret of the sign-in ends %s: make a new one", mb.Name, humanize.Time(p.SecretEnds))
	}
	d.capabilities(cfg, mb, p)
	for _, f := range p.Folders {
		d.folder(mb, f)
	}
}

// lookupWithin is how long the DNS may take to answer.
const lookupWithin = 10 * time.Second

// host looks the server's name up and reports whether it has an address.
func (d *doctor) host(ctx context.Context, mb config.Mailbox, host string) bool {
	if net.ParseIP(host) != nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupHost(ctx, host)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		d.bad("mailbox %s: the DNS knows no host %s: look for a typing error in the url", mb.Name, host)
	case err != nil:
		d.bad("mailbox %s: look up %s: %v: look whether this machine reaches its DNS server (/etc/resolv.conf)", mb.Name, host, err)
	default:
		d.good("mailbox %s: host %s is at %s", mb.Name, host, strings.Join(addrs, ", "))
	}
	return err == nil
}

// takesNoPassword says what to do about a host whose mail is known to take no
// plain password; empty for any other.
func takesNoPassword(host string) string {
	for _, v := range []struct{ domain, mend string }{
		{"office365.com", "Exchange Online takes no password: set oauth2, with the application permission IMAP.AccessAsApp and the mailbox given to its service principal"},
		{"outlook.com", "Outlook takes no password: set oauth2"},
		{"gmail.com", "Gmail takes an app password alone, which needs 2-step verification, or a token: set oauth2 with the scope https://mail.google.com/"},
	} {
		if host = strings.ToLower(host); host == v.domain || strings.HasSuffix(host, "."+v.domain) {
			return v.mend
		}
	}
	return ""
}

// capabilities says which of the extensions that help the server has (RFC
// 2177, 4731, 6851, 4315). None is needed.
func (d *doctor) capabilities(cfg config.Config, mb config.Mailbox, p mailbox.Probe) {
	var has []string
	for _, c := range []string{"IDLE", "ESEARCH", "MOVE", "UIDPLUS"} {
		if slices.Contains(p.Capabilities, c) {
			has = append(has, c)
		}
	}
	if !slices.Contains(has, "IDLE") {
		d.warn("mailbox %s: the server has no IDLE: new mail is looked for every %v", mb.Name, time.Duration(cfg.Poll))
		return
	}
	d.good("mailbox %s: the server has %s", mb.Name, strings.Join(has, ", "))
}

func (d *doctor) folder(mb config.Mailbox, f mailbox.FolderProbe) {
	if f.Err != nil {
		d.bad("%v", f.Err)
		return
	}
	how := "new mail is told at once"
	if !f.Idle {
		how = "new mail is looked for at intervals"
	}
	may := "may be read"
	if mb.Mark != (config.Mark{}) {
		may = "may be read and marked"
	}
	d.good("folder %s/%s: %s %s, %s, %s", mb.Name, f.Name, humanize.Comma(int64(f.Messages)), plural(int(f.Messages), "message"), may, how)
	if ahead := time.Until(f.Newest); ahead > skew {
		d.bad("clock: the server took in a message of %s/%s %s by its own clock: set this machine's clock, or have the server's set",
			mb.Name, f.Name, humanize.Time(f.Newest))
	}
}
