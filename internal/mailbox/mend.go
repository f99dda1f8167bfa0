package mailbox

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
)

// dialMend says what to do about a connection that could not be made.
func dialMend(err error) (Kind, string) {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var dns *net.DNSError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return KindTLS, "the server's certificate is out of date or this machine's clock is wrong: have the certificate renewed"
	case errors.As(err, &unknown):
		return KindTLS, "name the authority that signed the server's certificate with ca_file"
	case errors.As(err, &name):
		return KindTLS, "write the host in the url as the server's certificate names it"
	case errors.As(err, &dns):
		return KindDial, "look for a typing error in the host of the url"
	case errors.Is(err, errPlain):
		return KindTLS, "use imaps://, or starttls: true"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return KindTimeout, "look for a firewall, or a port that expects TLS"
	case strings.Contains(err.Error(), "tls:"):
		return KindTLS, "the port may not speak TLS: use port 993, or starttls: true with port 143"
	}
	return KindDial, "look whether the server runs and the url's host and port are right"
}

// folderMend lists some of the folders that there are, which it sorts: those
// most like the wanted one come first.
func folderMend(want string, have []string) string {
	if len(have) == 0 {
		return "the account has no folder of that name"
	}
	const most = 8
	folded, far := fold(want), make(map[string]int, len(have))
	for _, name := range have {
		far[name] = distance(fold(name), folded, 40)
	}
	slices.SortStableFunc(have, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
	return "there are: " + strings.Join(have[:min(len(have), most)], ", ")
}

// signInMend says what to do about a sign-in that was refused, in the words of
// the host's vendor where it is a known one.
func signInMend(host string, token bool, said string) string {
	host, said = strings.ToLower(host), strings.ToLower(said)
	exchange := strings.HasSuffix(host, ".office365.com") || strings.HasSuffix(host, ".outlook.com") || strings.HasSuffix(host, ".office.com")
	google := strings.HasSuffix(host, ".gmail.com") || strings.HasSuffix(host, ".googlemail.com")
	switch {
	case exchange && token:
		return "in Entra give the application the permission IMAP.AccessAsApp with admin consent; in Exchange Online register it (New-ServicePrincipal) and " + exchangeMailbox
	case exchange:
		return "Exchange Online takes no password for IMAP: set oauth2 in its place"
	case google && token:
		return "ask for the scope https://mail.google.com/, and look whether the account is the one that agreed to it"
	case google && strings.Contains(said, "application-specific password"):
		return "make an app password for the account and use that, or set oauth2"
	case google:
		return "Gmail takes an app password or oauth2, not the account's own password"
	case token:
		return "look whether the token's scope and the permissions of the application allow IMAP for the mailbox"
	}
	return "look whether username and password are right and IMAP is allowed for the account"
}

// exchangeMailbox is what makes Exchange say that a user is authenticated but
// not connected.
const exchangeMailbox = "give it the mailbox (Add-MailboxPermission -AccessRights FullAccess), and look whether IMAP is on for the mailbox (Set-CASMailbox -ImapEnabled $true)"

// notConnected reports whether Exchange let the sign-in pass and keeps the
// mailbox shut.
func notConnected(said string) bool { return strings.Contains(strings.ToLower(said), "not connected") }
