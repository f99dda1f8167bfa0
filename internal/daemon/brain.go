package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/evidence"
	"aupd/internal/policy"
	"aupd/internal/store"
)

// A brain is the policies with the classifier for them, and how mail is read.
type brain struct {
	cfg        config.Config // what it was made from
	policy     *policy.Set
	classifier *classify.Panel
	evidence   evidence.Options
	deadlines  aup.Deadlines
}

// newBrain returns the brain for cfg and what is in force in st.
func newBrain(ctx context.Context, cfg config.Config, st *store.Store) (*brain, error) {
	l := Library{Config: cfg, Store: st}
	p, err := l.InForce(ctx)
	if err != nil {
		return nil, err
	}
	c, err := l.Panel(ctx, p)
	if err != nil {
		return nil, err
	}
	return brainOf(cfg, p, c), nil
}

func brainOf(cfg config.Config, p *policy.Set, c *classify.Panel) *brain {
	return &brain{cfg, p, c, Evidence(cfg, p), Deadlines(cfg)}
}

// lookupWithin is how long one DNS question may take: a mail that names a slow
// server must not hold up the others.
const lookupWithin = 5 * time.Second

// Evidence returns how mail is read under cfg and p.
func Evidence(cfg config.Config, p *policy.Set) evidence.Options {
	opt := evidence.Options{
		PolicyText: evidence.NewPolicyText(config.PolicyWords(), p.AllSentences()...), AuthservIDs: cfg.Evidence.AuthservIDs, Never: cfg.Evidence.NeverSource, OwnDomains: cfg.Evidence.OwnDomains,
	}
	if cfg.Evidence.VerifyDKIM {
		opt.LookupTXT = func(name string) ([]string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), lookupWithin)
			defer cancel()
			return net.DefaultResolver.LookupTXT(ctx, name)
		}
	}
	return opt
}

// LoadPolicies reads the policy and the further ones that cfg names, whatever
// is in force in a store.
func LoadPolicies(cfg config.Config) (*policy.Set, error) {
	main, err := LoadPolicy(cfg.Policy)
	if err != nil {
		return nil, err
	}
	return withFurther(cfg, main)
}

// LoadPolicy reads the policy file at path, or the built-in policy when path
// is empty.
func LoadPolicy(path string) (*policy.Policy, error) {
	if path == "" {
		return policy.Parse(config.DefaultPolicy(), "built-in policy")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("policy file %s: no such file: %w", path, aup.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("policy file: %w", err)
	}
	return policy.Parse(data, path)
}

// Deadlines returns the deadlines of cfg, which was checked when it was read.
func Deadlines(cfg config.Config) aup.Deadlines {
	d := aup.Deadlines{Within: make(map[aup.Severity]time.Duration)}
	for s, within := range cfg.Triage.Deadlines {
		d.Within[aup.Severity(s)] = time.Duration(within)
	}
	if h := cfg.Triage.Hours; h != nil {
		if days, from, to, zone, err := h.Read(); err == nil {
			d.Hours = aup.Hours{From: from, To: to, Days: days, Zone: zone}
		}
	}
	return d
}
