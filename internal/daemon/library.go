package daemon

import (
	"context"
	"fmt"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/policy"
	"aupd/internal/store"
)

// A Library is the [aup.Librarian] of a store that this process holds.
type Library struct {
	Config config.Config
	Store  *store.Store
	// Applied is told of the policies that came into force; nil for nobody.
	Applied func(*policy.Set) error
}

// Policies implements [aup.Librarian].
func (l Library) Policies(ctx context.Context) ([]aup.PolicyVersion, error) {
	return l.Store.Policies(ctx)
}

// Rehearse implements [aup.Librarian].
func (l Library) Rehearse(ctx context.Context, who aup.Actor, text []byte, record bool) (aup.Rehearsal, error) {
	if text != nil && record && l.Config.Policy != "" {
		return aup.Rehearsal{}, fmt.Errorf("the configuration names the policy file %s: replace that file and reload, or take \"policy\" out of the configuration: %w",
			l.Config.Policy, aup.ErrConflict)
	}
	main, err := Main(ctx, l.Config, l.Store)
	if err == nil && text != nil {
		main, err = policy.Parse(text, "the policy")
	}
	if err != nil {
		return aup.Rehearsal{}, err
	}
	set, err := withFurther(l.Config, main)
	if err != nil {
		return aup.Rehearsal{}, err
	}
	panel, err := classify.NewPanel(set)
	if err != nil {
		return aup.Rehearsal{}, err
	}
	now := time.Now()
	if text != nil && record {
		if err := l.apply(ctx, who, set, now); err != nil {
			return aup.Rehearsal{}, err
		}
	}
	return Rehearsing{Store: l.Store, Classifier: panel, Policy: set.Version(), Who: who, Record: record, Now: now}.Run(ctx)
}

// apply puts the main policy of set into force, unless it is so already.
func (l Library) apply(ctx context.Context, who aup.Actor, set *policy.Set, now time.Time) error {
	all, err := l.Store.Policies(ctx)
	if err != nil {
		return err
	}
	var before aup.Seq
	if len(all) > 0 {
		last := all[len(all)-1]
		before = last.Seq
		if last.Version == set.Main.Version() {
			return nil
		}
	}
	text, err := set.Main.YAML()
	if err != nil {
		return err
	}
	e := aup.NewPolicyApplied(aup.PolicyApplied{Version: set.Main.Version(), Name: set.Main.Name, Title: set.Main.Title, Text: string(text)}, before, who, now)
	if err := l.Store.Append(ctx, []aup.Event{e}); err != nil || l.Applied == nil {
		return err
	}
	return l.Applied(set)
}

// Main returns the main policy in force: the file that cfg names, else what was
// last put into force in the store, else the built-in policy.
func Main(ctx context.Context, cfg config.Config, lib interface {
	Policies(context.Context) ([]aup.PolicyVersion, error)
}) (*policy.Policy, error) {
	if cfg.Policy != "" {
		return LoadPolicy(cfg.Policy)
	}
	all, err := lib.Policies(ctx)
	if err != nil || len(all) == 0 {
		if err == nil {
			return LoadPolicy("")
		}
		return nil, err
	}
	last := all[len(all)-1]
	return policy.Parse([]byte(last.Text), "policy of event "+fmt.Sprint(last.Seq))
}

func withFurther(cfg config.Config, main *policy.Policy) (*policy.Set, error) {
	var further []*policy.Policy
	for _, path := range cfg.FurtherPolicies {
		p, err := LoadPolicy(path)
		if err != nil {
			return nil, err
		}
		further = append(further, p)
	}
	return policy.NewSet(main, further...)
}
