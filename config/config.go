// Package config holds the configuration of aupd: its shape, its defaults, the
// strict reading of one YAML file, and the checks. The commented example file
// and the default policy lie beside it and are embedded.
package config

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"aupd/internal/strictyaml"

	"github.com/goccy/go-yaml"
)

//go:embed aupd.yaml
var example []byte

//go:embed policy.yaml
var defaultPolicy []byte

// Example returns the commented example file.
func Example() []byte { return example }

// DefaultPolicy returns the default policy, as YAML.
func DefaultPolicy() []byte { return defaultPolicy }

// Config is the whole configuration. Default returns one in which everything
// but the mailboxes is set.
type Config struct {
	Data   string `yaml:"data"`   // the data folder
	Policy string `yaml:"policy"` // a policy file; empty for the built-in one
	// FurtherPolicies are files of policies that reports are held against as
	// well, such as a code of conduct.
	FurtherPolicies []string  `yaml:"further_policies"`
	Mailboxes       []Mailbox `yaml:"mailboxes"`
	Select          Select    `yaml:"select"`
	// Poll is how often a folder is looked at where the server has no IDLE.
	Poll Duration `yaml:"poll"`
	// MaxMessage is the size above which a message is recorded by its header
	// alone.
	MaxMessage Size     `yaml:"max_message"`
	Evidence   Evidence `yaml:"evidence"`
	Triage     Triage   `yaml:"triage"`
	HTTP       HTTP     `yaml:"http"`
	Access     Access   `yaml:"access"`
	Admin      Admin    `yaml:"admin"`
	Log        Log      `yaml:"log"`
}

// A Mailbox is one account on one server.
type Mailbox struct {
	Name         string   `yaml:"name"`
	URL          string   `yaml:"url"`
	StartTLS     bool     `yaml:"starttls"`
	CAFile       string   `yaml:"ca_file"` // certificates to trust in place of the system's
	Username     string   `yaml:"username"`
	PasswordFile string   `yaml:"password_file"`
	PasswordEnv  string   `yaml:"password_env"`
	OAuth2       *OAuth2  `yaml:"oauth2"`  // in place of a password
	Folders      []string `yaml:"folders"` // INBOX if none
	Mark         Mark     `yaml:"mark"`
}

// OAuth2 says how access tokens are got (RFC 6749): with the client's own
// credentials, or with a refresh token where there is one.
type OAuth2 struct {
	TokenURL         string   `yaml:"token_url"`
	ClientID         string   `yaml:"client_id"`
	Scopes           []string `yaml:"scopes"`
	ClientSecretFile string   `yaml:"client_secret_file"`
	ClientSecretEnds Date     `yaml:"client_secret_ends"` // the zero Date if unknown
	RefreshTokenFile string   `yaml:"refresh_token_file"` // written to when the token is replaced
	// KeyFile and CertificateFile, in PEM, prove the client in place of a
	// secret (RFC 7523).
	KeyFile         string `yaml:"key_file"`
	CertificateFile string `yaml:"certificate_file"`
}

// Mark says what happens in the mailbox to a recorded message; nothing when
// both are empty.
type Mark struct {
	Keyword string `yaml:"keyword"` // that the message gets
	Move    string `yaml:"move"`    // a folder that the message is moved to
}

// Select says which messages are recorded.
type Select struct {
	Subject string `yaml:"subject"` // the words that the subject must contain
}

// Evidence says what is known beyond a message when it is read.
type Evidence struct {
	OwnDomains  []string `yaml:"own_domains"`  // the operator's own mail domains
	NeverSource []string `yaml:"never_source"` // domains, addresses and networks that are no source of abuse
	AuthservIDs []string `yaml:"authserv_ids"` // whose Authentication-Results are believed (RFC 8601, 5)
	VerifyDKIM  bool     `yaml:"verify_dkim"`  // asks the DNS for keys
}

// Triage says when somebody should have decided on a report.
type Triage struct {
	// Deadlines holds the time for each severity: critical, high, medium, low.
	// One that is left out has none.
	Deadlines map[string]Duration `yaml:"deadlines"`
	// Hours are when that time runs; nil for always.
	Hours *Hours `yaml:"hours"`
}

// Hours are the hours of a working week.
type Hours struct {
	Days []string `yaml:"days"` // mon, tue, wed, thu, fri, sat, sun
	From string   `yaml:"from"` // 09:00
	To   string   `yaml:"to"`   // 17:30, or 24:00
	Zone string   `yaml:"zone"` // Europe/Berlin; empty for UTC
}

// Admin is where health and metrics are served.
type Admin struct {
	Listen string `yaml:"listen"` // empty for nowhere
}

// Log says how the daemon logs.
type Log struct {
	Level  Level  `yaml:"level"`
	Format string `yaml:"format"` // text or json
}

// Default returns the built-in configuration.
func Default() Config {
	return Config{
		Data: dataDir(), Select: Select{Subject: "Acceptable Use Policy"},
		Poll: Duration(time.Minute), MaxMessage: 50 << 20,
		Triage: Triage{Deadlines: map[string]Duration{
			"critical": Duration(time.Hour), "high": Duration(8 * time.Hour),
			"medium": Duration(24 * time.Hour), "low": Duration(72 * time.Hour),
		}},
		HTTP: HTTP{Listen: "127.0.0.1:8080"}, Admin: Admin{Listen: "127.0.0.1:9090"},
		Access: Access{Session: Session{Idle: Duration(30 * time.Minute), Absolute: Duration(12 * time.Hour)}},
		Log:    Log{Format: "text"},
	}
}

// dataDir is the data folder when none is configured: the system's for root,
// the user's own otherwise (XDG Base Directory Specification).
func dataDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/aupd"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "aupd")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "aupd")
	}
	return "aupd-data"
}

// maxFile is the most bytes of a configuration file: twenty mailboxes with a
// thousand folders each are half of it.
const maxFile = 1 << 20

// Load reads the file at path over the defaults and checks the result. The
// error joins every problem, each on one line with file, line and column where
// there is one, and the mend; all are [ErrInvalid] but a file that cannot be
// read.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("%s: no such file: \"aupd config example > %s\" writes one to fill in: %w", path, path, err)
	}
	if err != nil {
		return Config{}, err
	}
	return parse(data, path)
}

// ErrInvalid means that the configuration is wrong; the text says where and how
// to mend it.
var ErrInvalid = errors.New("invalid configuration")

func parse(data []byte, file string) (Config, error) {
	cfg := Default()
	if len(data) > maxFile {
		return cfg, fmt.Errorf("%s: %d bytes: a configuration has at most %d: %w", file, len(data), maxFile, ErrInvalid)
	}
	if err := strictyaml.Decode(data, file, &cfg, ErrInvalid); err != nil {
		return cfg, err
	}
	if strings.TrimSpace(cfg.Data) == "" {
		cfg.Data = dataDir()
	}
	for i := range cfg.Mailboxes {
		if len(cfg.Mailboxes[i].Folders) == 0 {
			cfg.Mailboxes[i].Folders = []string{"INBOX"}
		}
	}
	cfg.Access.OIDC.fill()
	return cfg, cfg.check(strictyaml.NewLocator(data, file))
}

// A Duration is written as in 90s, 5m or 1h30m.
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("duration %q: write it as in 90s, 5m or 1h30m", s)
	}
	*d = Duration(v)
	return nil
}

// A Date is written as in 2027-01-31 and stands for the begin of that day, UTC.
type Date time.Time

// UnmarshalYAML reads a date.
func (d *Date) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("date %q: write it as in 2027-01-31", s)
	}
	*d = Date(t)
	return nil
}

// A Level is how much is logged: debug, info, warn or error.
type Level slog.Level

// UnmarshalYAML reads a level.
func (l *Level) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	if (*slog.Level)(l).UnmarshalText([]byte(s)) != nil {
		return fmt.Errorf("level %q: want debug, info, warn or error", s)
	}
	return nil
}

// A Size is a number of bytes, written as in 500KB, 50MB or 1GB (powers of 1024).
type Size int64

// UnmarshalYAML reads a size.
func (n *Size) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	num, unit := strings.TrimRight(s, "KMGBkmgb "), ""
	unit = strings.ToUpper(strings.TrimSpace(s[len(num):]))
	factor, known := map[string]float64{"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}[unit]
	v, err := strconv.ParseFloat(num, 64)
	if err != nil || !known || !(v >= 0 && v*factor <= 1<<40) {
		return fmt.Errorf("size %q: write it as in 500KB, 50MB or 1GB", s)
	}
	*n = Size(v * factor)
	return nil
}
