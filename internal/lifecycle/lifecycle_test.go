package lifecycle_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/lifecycle"
)

// A change is a small thing whose machine has every feature once.
type change struct {
	titled bool
	votes  int
	hour   int // what time it is, in hours after noon
	faults error
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(hour int) time.Time { return noon.Add(time.Duration(hour) * time.Hour) }

// from is a guard that holds from an hour on.
func from(hour int, name, needs string) lifecycle.Guard[change] {
	return lifecycle.Guard[change]{
		Rule: name, Needs: needs,
		Holds:  func(c change) bool { return c.hour >= hour },
		Clears: func(change) time.Time { return at(hour) },
	}
}

type changeRule = lifecycle.Rule[change, string]

var (
	hasTitle = lifecycle.Guard[change]{
		Rule: "titled", Needs: "a title",
		Holds: func(c change) bool { return c.titled },
		Fault: func(c change) error { return c.faults },
	}
	hasVotes = lifecycle.Guard[change]{
		Rule: "quorum", Needs: "two votes",
		Holds:  func(c change) bool { return c.votes >= 2 },
		Clears: func(change) time.Time { return time.Time{} }, // votes do not come by themselves
	}
	inWindow = from(1, "window_open", "an open window")
	rested   = from(2, "rested", "a night's rest")
)

var changes = lifecycle.Machine[change, string, string]{
	Initial: "draft",
	Final:   []string{"closed"},
	ByRule:  []string{"expire", "approve"},
	Rules: map[string]map[string]changeRule{
		"draft": {
			"edit":   {To: "draft", If: []lifecycle.Guard[change]{{}}},
			"submit": {To: "review", If: []lifecycle.Guard[change]{hasTitle, inWindow, rested}},
		},
		"review": {
			"approve":  {To: "live", If: []lifecycle.Guard[change]{hasVotes}},
			"expire":   {To: "closed", If: []lifecycle.Guard[change]{from(9, "overdue", "the end of the day")}},
			"withdraw": {To: "draft"},
		},
		"live": {
			"close":    {To: "closed", If: []lifecycle.Guard[change]{hasVotes, rested, inWindow}},
			"withdraw": {To: "draft"},
		},
		"closed": {"archive": {To: "closed"}},
	},
}

// nothing is a change for which no guard holds, everything one for which all do.
var (
	nothing    = change{}
	everything = change{titled: true, votes: 2, hour: 9}
)

func TestOnlyTheTableMoves(t *testing.T) {
	t.Parallel()
	type ask struct {
		thing     change
		state, do string
	}
	moves := map[ask]string{
		{nothing, "draft", "edit"}:         "draft",
		{nothing, "review", "withdraw"}:    "draft",
		{nothing, "live", "withdraw"}:      "draft",
		{nothing, "closed", "archive"}:     "closed",
		{everything, "draft", "edit"}:      "draft",
		{everything, "draft", "submit"}:    "review",
		{everything, "review", "withdraw"}: "draft",
		{everything, "live", "withdraw"}:   "draft",
		{everything, "live", "close"}:      "closed",
		{everything, "closed", "archive"}:  "closed",
	}
	byRule := map[ask]string{
		{everything, "review", "approve"}: "live",
		{everything, "review", "expire"}:  "closed",
	}
	for _, thing := range []change{nothing, everything} {
		for _, s := range []string{"draft", "review", "live", "closed", "nowhere", ""} {
			for _, do := range []string{"edit", "submit", "approve", "expire", "withdraw", "close", "archive", "dance", ""} {
				a := ask{thing, s, do}
				asked, ok := moves[a]
				check(t, changes.Next, thing, s, do, asked, ok)
				if to, rule := byRule[a]; rule {
					asked, ok = to, true
				}
				check(t, changes.Follow, thing, s, do, asked, ok)
			}
		}
	}
}

func check(t *testing.T, move func(change, string, string) (string, error), thing change, s, do, want string, ok bool) {
	t.Helper()
	got, err := move(thing, s, do)
	switch {
	case ok && (err != nil || got != want):
		t.Errorf("%s in %q of %+v: %q, %v; want %q", do, s, thing, got, err, want)
	case !ok && (!errors.Is(err, penstock.ErrRefused) || got != s):
		t.Errorf("%s in %q of %+v: %q, %v; want it refused", do, s, thing, got, err)
	}
}

func TestRefusalSaysWhy(t *testing.T) {
	t.Parallel()
	fault := penstock.Invalid("title", "must not be empty")
	for name, test := range map[string]struct {
		thing     change
		state, do string
		want      penstock.RefusedError
		text      string
	}{
		"every guard that fails": {
			change{faults: fault}, "draft", "submit",
			penstock.RefusedError{
				Needs: []string{"a title", "an open window", "a night's rest"}, Allowed: []string{"edit"}, Err: fault,
			},
			"cannot submit: needs a title and an open window and a night's rest: title: must not be empty",
		},
		"the latest of times": {
			change{titled: true}, "draft", "submit",
			penstock.RefusedError{
				Needs: []string{"an open window", "a night's rest"}, Earliest: at(2), Allowed: []string{"edit"},
			},
			"cannot submit: needs an open window and a night's rest (not before 2026-03-01T14:00:00Z)",
		},
		"only guards that fail": {
			change{titled: true, hour: 1}, "draft", "submit",
			penstock.RefusedError{Needs: []string{"a night's rest"}, Earliest: at(2), Allowed: []string{"edit"}},
			"cannot submit: needs a night's rest (not before 2026-03-01T14:00:00Z)",
		},
		"the latest is not the last": {
			change{votes: 2}, "live", "close",
			penstock.RefusedError{
				Needs: []string{"a night's rest", "an open window"}, Earliest: at(2), Allowed: []string{"withdraw"},
			},
			"cannot close: needs a night's rest and an open window (not before 2026-03-01T14:00:00Z)",
		},
		"time does not help if a guard says so": {
			change{hour: 1}, "live", "close",
			penstock.RefusedError{Needs: []string{"two votes", "a night's rest"}, Allowed: []string{"withdraw"}},
			"cannot close: needs two votes and a night's rest",
		},
		"the state": {
			everything, "draft", "close",
			penstock.RefusedError{Allowed: []string{"edit", "submit"}},
			"cannot close while draft (can edit, submit)",
		},
		"a move by rule is like one that the state lacks": {
			everything, "review", "approve",
			penstock.RefusedError{Allowed: []string{"withdraw"}},
			"cannot approve while review (can withdraw)",
		},
		"its needs are not told": {
			nothing, "review", "approve",
			penstock.RefusedError{Allowed: []string{"withdraw"}},
			"cannot approve while review (can withdraw)",
		},
		"an unknown state": {
			everything, "nowhere", "edit",
			penstock.RefusedError{},
			"cannot edit while nowhere",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := changes.Next(test.thing, test.state, test.do)
			var got *penstock.RefusedError
			if !errors.As(err, &got) {
				t.Fatalf("%v is no RefusedError", err)
			}
			test.want.Action, test.want.State = test.do, test.state
			if got.Error() != test.text {
				t.Errorf("%q, want %q", got, test.text)
			}
			if !errors.Is(got.Err, test.want.Err) {
				t.Errorf("because of %v, want %v", got.Err, test.want.Err)
			}
			got.Err = test.want.Err // joined there
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFollowTellsTheNeedsOfAMoveByRule(t *testing.T) {
	t.Parallel()
	_, err := changes.Follow(nothing, "review", "expire")
	want := &penstock.RefusedError{
		Action: "expire", State: "review", Needs: []string{"the end of the day"}, Earliest: at(9), Allowed: []string{"withdraw"},
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSettleTakesTheFirstThatHolds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		thing         change
		state, do, to string
	}{
		"in the order of ByRule":    {everything, "review", "expire", "closed"},
		"passing over what fails":   {change{votes: 2}, "review", "approve", "live"},
		"nothing holds":             {nothing, "review", "", "review"},
		"nothing that is asked for": {everything, "live", "", "live"},
		"a final state":             {everything, "closed", "", "closed"},
		"an unknown state":          {everything, "nowhere", "", "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do, to, ok := changes.Settle(test.thing, test.state)
			if do != test.do || to != test.to || ok != (test.do != "") {
				t.Errorf("%q to %q, %t; want %q to %q", do, to, ok, test.do, test.to)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	fault := penstock.Invalid("title", "must not be empty")
	for name, test := range map[string]struct {
		thing     change
		state, do string
		want      []lifecycle.Refusal
		known     bool
	}{
		"each guard that fails, in order": {change{hour: 1, faults: fault}, "draft", "submit", []lifecycle.Refusal{
			{Rule: "titled", Needs: "a title", Err: fault},
			{Rule: "rested", Needs: "a night's rest", Earliest: at(2)},
		}, true},
		"none if it is allowed":   {everything, "draft", "submit", nil, true},
		"not of this state":       {nothing, "draft", "close", nil, false},
		"never of a move by rule": {nothing, "review", "approve", nil, false},
		"unknown":                 {nothing, "draft", "dance", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, known := changes.Refusals(test.thing, test.state, test.do)
			if diff := cmp.Diff(test.want, got); diff != "" || known != test.known {
				t.Errorf("known %t, -want +got:\n%s", known, diff)
			}
		})
	}
}

func TestListsAreSorted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ got, want []string }{
		"allowed of nothing":    {changes.Allowed(nothing, "draft"), []string{"edit"}},
		"allowed of everything": {changes.Allowed(everything, "draft"), []string{"edit", "submit"}},
		"allowed by rule":       {changes.Allowed(everything, "review"), []string{"withdraw"}},
		"allowed nowhere":       {changes.Allowed(everything, "nowhere"), nil},
		"askable":               {changes.Askable("draft"), []string{"edit", "submit"}},
		"askable by rule":       {changes.Askable("review"), []string{"withdraw"}},
		"askable nowhere":       {changes.Askable("nowhere"), nil},
		"actions":               {changes.Actions(), []string{"archive", "close", "edit", "submit", "withdraw"}},
		"states":                {changes.States(), []string{"draft", "review", "live", "closed"}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s: %q, want %q", name, test.got, test.want)
		}
	}
}

func TestIsFinal(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"draft", "review", "live", "closed", "nowhere", ""} {
		if got := changes.IsFinal(s); got != (s == "closed") {
			t.Errorf("%q: %t", s, got)
		}
	}
}
