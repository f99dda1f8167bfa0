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
	// Applied is told of the policies and the classifier that came into force;
	// nil for nobody.
	Applied func(*policy.Set, *classify.Panel)
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
	set, err := l.candidate(ctx, text)
	if err != nil {
		return aup.Rehearsal{}, err
	}
	panel, err := l.Panel(ctx, set)
	if err != nil {
		return aup.Rehearsal{}, err
	}
	now := time.Now()
	if text != nil && record {
		if err := l.apply(ctx, who, set, panel, now); err != nil {
			return aup.Rehearsal{}, err
		}
	}
	return Rehearsing{Store: l.Store, Classifier: panel, Policy: set.Version(), Who: who, Record: record, Now: now}.Run(ctx)
}

// candidate returns the policies with the one in text as the main one, and
// those in force without a text.
func (l Library) candidate(ctx context.Context, text []byte) (*policy.Set, error) {
	if text == nil {
		return l.InForce(ctx)
	}
	main, err := policy.Parse(text, "the policy")
	if err != nil {
		return nil, err
	}
	return withFurther(l.Config, main)
}

// InForce returns the policies in force in the store.
func (l Library) InForce(ctx context.Context) (*policy.Set, error) {
	all, err := l.Store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	return InForce(l.Config, all)
}

// InForce returns the policies in force. The main one is the file that cfg
// names, else the last of the versions that were put into force, else the
// built-in one.
func InForce(cfg config.Config, all []aup.PolicyVersion) (*policy.Set, error) {
	if cfg.Policy != "" || len(all) == 0 {
		return LoadPolicies(cfg)
	}
	last := all[len(all)-1]
	main, err := policy.Parse([]byte(last.Text), fmt.Sprintf("policy of event %d", last.Seq))
	if err != nil {
		return nil, err
	}
	return withFurther(cfg, main)
}

// apply puts the main policy of set into force, unless it is so already.
func (l Library) apply(ctx context.Context, who aup.Actor, set *policy.Set, panel *classify.Panel, now time.Time) error {
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
	if err := l.Store.Append(ctx, []aup.Event{e}); err != nil {
		return err
	}
	if l.Applied != nil {
		l.Applied(set, panel)
	}
	return nil
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
