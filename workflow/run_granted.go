package workflow

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// A Granted is the approval of a release plan that a run of it does not ask for again.
// The stages and jobs of the run that wait for an approval count as approved, without
// a request: their own approvers, quorums and separation of duties are passed
// over. So who starts such a run needs the right to approve on its workflow. Each
// is told in the trail, with who approved and in which plan. Stages that are executed by
// hand, and failures that a person decides on, wait for people as ever.
type Granted struct {
	By      []penstock.Party `json:"by,omitempty"` // who approved, as far as it is known
	At      time.Time        `json:"at"`           // when
	Request string           `json:"request"`      // id of the plan's request
}

func (g *Granted) check(c *Checker) {
	if g == nil {
		return
	}
	c.Name("request", g.Request)
	if g.At.IsZero() {
		c.Fault("at", "must be set")
	}
	if !c.Count("by", len(g.By), maxGranters) {
		return
	}
	for i, who := range g.By {
		at := c.At("by[%d]", i)
		if at.Short("id", who.ID); who.IsZero() {
			at.Fault("", "must name somebody")
		}
		at.Short("name", who.Name)
	}
}

const maxGranters = 1_000 // told of one approval

// mayGrant asks whether by may pass an approval on to a workflow.
func (s *Service) mayGrant(ctx context.Context, o *Origin, by penstock.Actor, on penstock.Resource) error {
	if o == nil || o.Approval == nil {
		return nil
	}
	return s.authorizer.Ask(ctx, by, penstock.Approve, on)
}

// granted reports whether nobody has to be asked for what the run does.
func (r *Run) granted() bool { return r.start.Origin != nil && r.start.Origin.Approval != nil }

// grantRemark tells whose approval counts for what waited for one.
func (r *Run) grantRemark() string {
	o, who := r.start.Origin, make([]string, 0, 4)
	for i, party := range o.Approval.By {
		if i == 10 {
			who = append(who, "others")
			break
		}
		who = append(who, short(party.Label()))
	}
	by := ""
	if len(who) > 0 {
		by = " by " + strings.Join(who, ", ")
	}
	return cut(fmt.Sprintf("approved%s with plan %q", by, first(o.PlanName, o.Plan)))
}

// grantStage lets the approval of the plan count for a stage.
func (t *transition) grantStage(i int) error {
	return t.record(Change{Kind: StageGranted, Action: grant, Stage: t.r.graph.stages[i].Name, Remark: t.r.grantRemark()})
}

var isGranted = jobGuard{Rule: "granted", Needs: "an approval that its plan passes on",
	Holds: func(s *jobSituation) bool { return s.r.granted() }}
