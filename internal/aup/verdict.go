package aup

// Outcome says what a verdict comes to.
type Outcome string

// The outcomes of a verdict.
const (
	OutcomeViolation Outcome = "violation"
	OutcomeException Outcome = "exception" // permitted by an exception clause
	OutcomeNone      Outcome = "none"      // reports no violation
	OutcomeReview    Outcome = "review"    // a person must look
)

// A Span is the text that earned a finding a part of its score.
type Span struct {
	Part   PartID `json:"part"`
	Start  int    `json:"start"` // in bytes of the part's text
	End    int    `json:"end"`
	Text   string `json:"text"` // the text from Start to End, as it stood
	Reason string `json:"reason"`
	// Weight is what the span adds to the finding, in log-odds; negative when
	// it speaks against it.
	Weight float64 `json:"weight,omitempty"`
	Rule   string  `json:"rule,omitempty"` // the rule's id, or "model"
}

// A Finding says that a clause fits, how sure that is, and why.
type Finding struct {
	Clause ClauseID `json:"clause"`
	Policy string   `json:"policy,omitempty"` // the policy's name, when it is not the default one
	// Score lies in [0,1], each clause on its own: scores need not sum to 1.
	Score float64 `json:"score"`
	Spans []Span  `json:"spans"` // at least one, strongest first
}

// A Verdict is what the classifier says about one document.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Primary is the clause that fits best, or None. With the outcome review
	// it is the best guess.
	Primary ClauseID `json:"primary"`
	// Clauses holds the clauses that would be recorded, the primary one first;
	// empty for None.
	Clauses []ClauseID `json:"clauses"`
	Review  bool       `json:"review"`           // a person must look
	Reason  string     `json:"reason,omitempty"` // why a person must look, or why there is no violation
	Urgent  string     `json:"urgent,omitempty"` // why this must be read first; empty when it need not
	// Findings holds every clause that scored at or above the threshold, best
	// first, then the runner-up where there is one below it.
	Findings []Finding `json:"findings"`
	Policy   string    `json:"policy"` // version of the policy
	Model    string    `json:"model"`  // version of the rules and the learned part
	// Severity is the worst of Clauses, empty without any.
	Severity Severity `json:"severity,omitempty"`
	// Sealed is set when a clause whose reports are sealed fits, or may fit.
	Sealed bool `json:"sealed,omitempty"`
}
