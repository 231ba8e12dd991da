package workflow

import "encoding/json"

// A Job is one thing to do. What it does is told by its type and spec.
type Job struct {
	ID      string          `json:"id,omitempty"`      // of the host's own
	Name    string          `json:"name"`              // a small letter or a Chinese character, then at most 31 of these, digits and hyphens; unique in the definition
	Type    string          `json:"type"`              // one of the [Types]
	Skipped bool            `json:"skipped,omitempty"` // not run, unless a start says so
	Spec    json.RawMessage `json:"spec,omitempty"`    // a JSON object, kept as it is; which members it has is the type's

	RunPolicy RunPolicy      `json:"run_policy,omitempty"`
	Error     *ErrorPolicy   `json:"error_policy,omitempty"`   // what a failure leads to; nil: the run stops
	Execute   *ExecutePolicy `json:"execute_policy,omitempty"` // when it runs at all; nil: always
	Crash     CrashPolicy    `json:"crash_policy,omitempty"`   // what becomes of an attempt whose process is gone

	ServiceModules []json.RawMessage `json:"service_modules,omitempty"` // JSON objects, kept as they are
	Notify         []json.RawMessage `json:"notify_ctls,omitempty"`     // JSON objects, kept as they are: see [NotifyControl]
}

// A CrashPolicy says what becomes of an attempt whose process is gone.
type CrashPolicy string

// The crash policies. The empty policy means [FailOnCrash].
const (
	FailOnCrash   CrashPolicy = "fail"   // it has failed, and its error policy says what follows
	RepeatOnCrash CrashPolicy = "repeat" // again: its effect may be repeated
)

// A RunPolicy says whether a start may leave a job out.
type RunPolicy string

// The run policies. The empty one means that a job runs unless a start skips it.
const (
	DefaultNotRun RunPolicy = "default_not_run" // user interfaces offer it unchecked; nothing else
	ForceRun      RunPolicy = "force_run"       // no start may skip it
	SkipManual    RunPolicy = "skip"            // skipped when its stage is started by hand
)

// An ErrorPolicy says what happens when a job has failed or timed out.
type ErrorPolicy struct {
	Policy     OnError `json:"policy"`
	MaxRetries int     `json:"maximum_retry,omitempty"`  // for Retry only: from 1 to MaxRetries
	Deciders   People  `json:"approval_users,omitempty"` // for ManualCheck: who decides; empty: nobody but an admin
}

// OnError is what a failure leads to. The empty one means Stop.
type OnError string

// The answers to a failure.
const (
	Stop        OnError = "stop"         // the job has failed
	IgnoreError OnError = "ignore_error" // the job counts as unstable, and the run goes on
	Retry       OnError = "retry"        // again, at most MaxRetries times
	ManualCheck OnError = "manual_check" // somebody decides: ignore or stop
)

// An ExecutePolicy says when a job runs, by rules that are looked at when its
// turn comes.
type ExecutePolicy struct {
	Type  ExecuteType `json:"type"`
	Match MatchRule   `json:"match_rule,omitempty"`
	Rules []Rule      `json:"rules,omitempty"` // none: the job runs; at most MaxRules
}

// An ExecuteType says what matching rules mean.
type ExecuteType string

// The types of an execute policy.
const (
	SkipIf    ExecuteType = "skip"    // run unless the rules match
	ExecuteIf ExecuteType = "execute" // run only if they match
)

// A MatchRule says how many of the rules have to match. The empty one means MatchAll.
type MatchRule string

// The match rules.
const (
	MatchAll MatchRule = "all"
	MatchAny MatchRule = "any"
)

// A Rule compares two texts.
type Rule struct {
	Field string `json:"field"` // a text with variables: {{.workflow.params.env}}
	Verb  Verb   `json:"verb"`
	Value string `json:"value"`
}

// A Verb is how a [Rule] compares.
type Verb string

// The verbs.
const (
	Equals        Verb = "="
	NotEquals     Verb = "!="
	Contains      Verb = "contains"
	NotContains   Verb = "not_contains"
	BeginsWith    Verb = "begins_with"
	NotBeginsWith Verb = "not_begins_with"
	EndsWith      Verb = "ends_with"
	NotEndsWith   Verb = "not_ends_with"
)
