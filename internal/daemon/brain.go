package daemon

import (
	"fmt"
	"os"

	"aupd/config"
	"aupd/internal/classify"
	"aupd/internal/evidence"
	"aupd/internal/policy"
)

// A brain is a policy with the classifier for it.
type brain struct {
	policy     *policy.Policy
	classifier *classify.Classifier
}

func newBrain(cfg config.Config) (*brain, error) {
	p, err := LoadPolicy(cfg.Policy)
	if err != nil {
		return nil, err
	}
	c, err := classify.New(p)
	if err != nil {
		return nil, err
	}
	return &brain{p, c}, nil
}

func (b *brain) evidence() evidence.Options {
	return evidence.Options{PolicyText: b.policy.Sentences()}
}

// LoadPolicy reads the policy file at path, or the built-in policy when path
// is empty.
func LoadPolicy(path string) (*policy.Policy, error) {
	if path == "" {
		return policy.Parse(config.DefaultPolicy(), "built-in policy")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("policy file: %w", err)
	}
	return policy.Parse(data, path)
}
