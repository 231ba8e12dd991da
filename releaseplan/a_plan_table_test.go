package releaseplan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// aPlanTable is the table of actions for an aFull plan: what can be asked of it
// in each state and, after a colon, which rules stand against an action that the
// state knows. What is not here, the state refuses. Comment, duplicate and export
// are never refused, archive and delete only where it says so.
var aPlanTable = map[releaseplan.State]string{
	releaseplan.Draft:               "finalize execute:no_approval_required,no_finalize_gate edit set_variables cancel",
	releaseplan.FinalizeCheck:       "answer_gate reopen cancel",
	releaseplan.FinalizeCheckFailed: "recheck reopen cancel",
	releaseplan.Finalized:           "request_approval execute:no_approval_required reopen cancel",
	releaseplan.AwaitingApproval:    "vote withdraw reopen cancel archive:no_open_request delete:no_open_request",
	releaseplan.Approved:            "execute reopen cancel",
	releaseplan.Denied:              "request_approval reopen cancel",
	releaseplan.ExecuteCheck:        "answer_gate reopen cancel",
	releaseplan.ExecuteCheckFailed:  "recheck reopen cancel",
	releaseplan.Running:             "pause finish:has_milestones reopen cancel",
	releaseplan.Paused:              "resume request_approval:content_changed edit set_variables finish:has_milestones reopen cancel",
	releaseplan.Failed:              "request_approval:content_changed edit set_variables reopen cancel",
	releaseplan.CompleteCheck:       "answer_gate reopen cancel",
	releaseplan.CompleteCheckFailed: "recheck reopen cancel",
	releaseplan.Expired:             "reopen cancel",
	releaseplan.Canceling:           "archive:nothing_runs delete:nothing_runs",
	releaseplan.Completed:           "",
	releaseplan.Canceled:            "",
}

// aPlanActions are all that can be asked of a plan as a whole.
var aPlanActions = []releaseplan.Action{
	releaseplan.Finalize, releaseplan.RequestApproval, releaseplan.Withdraw, releaseplan.Execute, releaseplan.Pause, releaseplan.Resume,
	releaseplan.Recheck, releaseplan.Reopen, releaseplan.Cancel, releaseplan.Edit, releaseplan.SetVariables, releaseplan.Vote,
	releaseplan.AnswerGate, releaseplan.Finish, releaseplan.Comment, releaseplan.Archive, releaseplan.Unarchive, releaseplan.Duplicate,
	releaseplan.ExportPlan, releaseplan.Delete, releaseplan.OverrideCalendar, releaseplan.EndOverride,
}

// aMilestoneActions are all that can be asked of its milestones.
var aMilestoneActions = []releaseplan.Action{
	releaseplan.StartMilestone, releaseplan.SkipMilestone, releaseplan.CompleteMilestone, releaseplan.SetInterval, releaseplan.PauseRollout,
	releaseplan.ResumeRollout, releaseplan.StopRollout, releaseplan.ClearSafeguard,
}

// aVerdicts reads one row of a table: the rules against each action, none if it
// is allowed.
func aVerdicts(row string) map[releaseplan.Action][]string {
	all := make(map[releaseplan.Action][]string)
	for word := range strings.FieldsSeq(row) {
		do, rules, refused := strings.Cut(word, ":")
		all[releaseplan.Action(do)] = nil
		if refused {
			all[releaseplan.Action(do)] = strings.Split(rules, ",")
		}
	}
	return all
}

// aPlanRules returns the rules that the table has against an action.
func aPlanRules(s releaseplan.State, do releaseplan.Action) []string {
	rules, known := aVerdicts(aPlanTable[s])[do]
	switch {
	case known:
		return rules
	case slices.Contains([]releaseplan.Action{releaseplan.Comment, releaseplan.Duplicate, releaseplan.ExportPlan, releaseplan.Archive, releaseplan.Delete}, do):
		return nil
	case do == releaseplan.Unarchive:
		return []string{"archived"}
	case do == releaseplan.OverrideCalendar && (s.Final() || s == releaseplan.Canceling):
		return []string{"plan_alive", "calendar"}
	case do == releaseplan.OverrideCalendar: // there is none
		return []string{"calendar"}
	case do == releaseplan.EndOverride:
		return []string{"overridden"}
	default:
		return []string{"state"}
	}
}

func aVerdict(t testing.TB, all []releaseplan.Verdict, do releaseplan.Action) releaseplan.Verdict {
	t.Helper()
	i := slices.IndexFunc(all, func(v releaseplan.Verdict) bool { return v.Action == do })
	if i < 0 {
		t.Fatalf("Can does not tell of %s", do)
	}
	return all[i]
}

func aRules(v releaseplan.Verdict) (rules []string) {
	for _, r := range v.Refusals {
		rules = append(rules, r.Rule)
	}
	return rules
}

// aCell checks one cell: Can says what the table says, Do does what Can says,
// and a refusal changes nothing and tells why.
func aCell(a *aLife, v releaseplan.Verdict, by penstock.Actor, c releaseplan.Command, want []string) {
	a.Helper()
	if diff := cmp.Diff(want, aRules(v)); diff != "" {
		a.Errorf("%s: refused by (-want +got):\n%s", c.Action, diff)
	}
	if v.Allowed != (len(v.Refusals) == 0) {
		a.Errorf("%s: allowed is %v with refusals %v", c.Action, v.Allowed, v.Refusals)
	}
	if len(want) == 0 {
		before := aExport(a, a.p)
		next, changes, err := a.p.Do(c, by, a.now)
		switch {
		case c.Action == releaseplan.Duplicate || c.Action == releaseplan.ExportPlan: // asked of a Service
			if !errors.Is(err, penstock.ErrInvalid) {
				a.Errorf("%s: %v, want a word about the Service", c.Action, err)
			}
		case err != nil || len(changes) == 0 || next == a.p:
			a.Errorf("%s is allowed, but: %v, changes %v", c.Action, err, changes)
		case aExport(a, a.p) != before:
			a.Errorf("%s wrote to the plan that it was asked of", c.Action)
		}
		return
	}
	err := a.refusedAs(by, c, penstock.ErrRefused)
	var refused *penstock.RefusedError
	if !errors.As(err, &refused) {
		return
	}
	if refused.Action != string(c.Action) || refused.State == "" {
		a.Errorf("%s: refusal of %s in %q", c.Action, refused.Action, refused.State)
	}
	if byState := slices.Equal(want, []string{"state"}); byState != (len(refused.Needs) == 0) {
		a.Errorf("%s: needs %q, but rules are %q", c.Action, refused.Needs, want)
	}
}

func TestPlanStateTimesCommand(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			a := aTo(aNew(t, aFull()), s)
			for _, do := range aPlanActions {
				by := aAnn
				if do == releaseplan.Vote {
					by = aBob
				}
				v := aVerdict(a, a.p.Can(by, a.now), do)
				aCell(a, v, by, aSane(a.p, do, ""), aPlanRules(s, do))
			}
			for _, v := range a.p.Can(aAnn, a.now) {
				if !slices.Contains(aPlanActions, v.Action) && !slices.Contains(aMilestoneActions, v.Action) {
					a.Errorf("Can tells of %s", v.Action)
				}
			}
		})
	}
}

func TestMovesByRuleAreNeverAskable(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		a := aTo(aNew(t, aFull()), s)
		for _, do := range []releaseplan.Action{"pass", "approve", "reject", "lapse", "expire", "recover", "settle", "repeat", "timeout", "stop", "abandon", "drop", "", "dance"} {
			a.refusedAs(aRoot, releaseplan.Command{Action: do, Task: a.p.Tasks()[0].ID}, penstock.ErrInvalid)
		}
		for _, do := range []releaseplan.Action{releaseplan.Lease, releaseplan.Interrupt, releaseplan.ReportApproval, releaseplan.Advance} {
			a.refusedAs(aRoot, aSane(a.p, do, "deploy"), penstock.ErrForbidden)
		}
	}
}

func TestArchivedPlanTakesOnlyFiveActions(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		if slices.Contains([]releaseplan.State{releaseplan.AwaitingApproval, releaseplan.Canceling}, s) {
			continue // cannot be archived
		}
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			a := aTo(aNew(t, aFull()), s).act(releaseplan.Archive)
			a.is(s)
			for _, do := range aPlanActions {
				v := aVerdict(a, a.p.Can(aAnn, a.now), do)
				switch do {
				case releaseplan.Unarchive, releaseplan.Duplicate, releaseplan.ExportPlan, releaseplan.Comment, releaseplan.Delete:
					aCell(a, v, aAnn, aSane(a.p, do, ""), nil)
				default:
					if v.Allowed || v.Refusals[0].Rule != "not_archived" {
						a.Errorf("%s of an archived plan: %v", do, aRules(v))
					}
					a.needs(aSane(a.p, do, ""), "the plan to be unarchived first")
				}
			}
			for _, do := range aTaskActions {
				by := aAnn
				if do == releaseplan.Lease || do == releaseplan.Interrupt {
					by = penstock.System()
				}
				a.refusedAs(by, aSane(a.p, do, "deploy"), penstock.ErrRefused)
			}
		})
	}
}
