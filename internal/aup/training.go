package aup

import (
	"context"
	"fmt"
	"time"
)

// EventTrained says that the classifier learned from the decisions in the log,
// or forgot what it had learned. It has the payload Trained, and concerns no
// single report.
const EventTrained EventKind = "trained"

// Trained is the payload of an EventTrained: from it and the log before it the
// model follows, bit by bit.
type Trained struct {
	// UpTo is the event up to which decisions were learned from; 0 for none, the
	// classifier as it is shipped.
	UpTo  Seq    `json:"up_to"`
	Model string `json:"model"`
	// Decisions is how many decisions were learned from, and Corrections how
	// many of them differ from what was found.
	Decisions   int `json:"decisions"`
	Corrections int `json:"corrections"`
	// Held decisions were kept out of a trial: Before and After are the shares
	// of them whose primary clause was found without and with what the others
	// teach.
	Held   int     `json:"held"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// NewTrained returns the event that records t after the last event of the log.
func NewTrained(t Trained, after Seq, who Actor, at time.Time) Event {
	return Event{
		Key:  fmt.Sprintf("trained/%d/%d", after, t.UpTo),
		Kind: EventTrained, At: at.UTC(), By: who.Name, From: who.From, Trained: &t,
	}
}

// A TrainRequest says how to train.
type TrainRequest struct {
	DryRun bool `json:"dry_run,omitempty"` // record nothing
	// Force records a model that finds less of the held decisions than the one
	// before.
	Force  bool `json:"force,omitempty"`
	Revert bool `json:"revert,omitempty"` // forget what was learned
}

// A Trainer makes the classifier learn from decisions. All methods are safe for
// concurrent use.
type Trainer interface {
	// Train learns from every decision that holds. It is ErrConflict to make
	// the finding of held decisions worse without Force, and ErrInvalid while
	// there are too few decisions.
	Train(ctx context.Context, who Actor, r TrainRequest) (Trained, error)
}
