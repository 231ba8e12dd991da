package releaseplan

import (
	"encoding/json"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/store/outbox"
)

// NoticeData is what a notice about a plan says to programs: the Data of the
// [outbox.Notice] in JSON, and so of each message that carries it. Notices are
// committed with the change that they tell of, by every Service.
//
// # Events
//
// Which change is which event:
//
//	event     plan                       phase                     task
//	started   runs for the first time    its turn comes            an attempt starts
//	          since it was a draft
//	paused    is paused, or somebody     the plan is paused        is held
//	          pauses its rollout         while it is its turn
//	failed    fails; does not pass a     a task of it fails, and   an attempt fails, and its retry
//	          check; is denied; misses   none had before           policy does not repeat it at once
//	          its schedule or the time
//	          of a milestone; cannot
//	          serve a milestone; trips
//	          a safeguard
//	finished  is completed               all of it is done or      is done
//	                                     skipped
//	canceled  is canceled: nothing       the plan is canceled      is canceled with the plan, or has
//	          runs any more              before it is through      stopped since the plan is
//	expired   expires                    the plan expires before   runs out of time, or is todo or
//	                                     it is through             runs when the plan expires
//	waiting   waits for an approval or   a task of it waits for    is ready, and a person has to do
//	          a check; for somebody to   somebody, and none had    or start it
//	          start a milestone; or,     before
//	          all done and the last
//	          milestone served for its
//	          After, to be asked to
//	          finish
//
// A plan or phase that goes on is not started again, nor is a check that is made
// once more; a skip is no event of the task; a phase without enabled tasks has no
// events, and one whose turn comes while the plan stands still is started
// then. An edit of the content does not say that somebody is waited for. What goes
// live is no event, nor is the pause that a safeguard makes when it trips.
//
// # Recipients
//
// The recipients of all listeners of the same thing to the same event hear of it
// once. A listener without recipients stands for the owner of the task or phase or,
// if it has none, of the plan. Unless the content says otherwise
// (NotifyOwnerOnError), the plan's owner hears without a listener of the plan's
// failures, of its expiry and when a task fails; the task's owner of the latter too; and a
// phase's own owner when the phase fails. Phases, or tasks, to which the same
// happened in the same change are told of in one notice to those who are to hear
// of the same ones.
type NoticeData struct {
	Plan   NoticePlan     `json:"plan"`
	Phases []NoticePart   `json:"phases,omitempty"` // that it happened to
	Tasks  []NoticePart   `json:"tasks,omitempty"`  // that it happened to; neither: to the plan
	More   int            `json:"more,omitempty"`   // how many there are but for the first 100
	Event  Event          `json:"event"`
	At     time.Time      `json:"at"`
	By     penstock.Party `json:"by,omitzero"`      // who did it; the system for what happened by itself
	Remark string         `json:"remark,omitempty"` // why; at most 1,000 characters

	Milestone *NoticePart `json:"milestone,omitempty"` // that a notice of the plan is about, or that is live
	Safeguard *NoticePart `json:"safeguard,omitempty"` // that tripped
}

// NoticePlan is the plan of a notice, as it was then.
type NoticePlan struct {
	ID     string `json:"id"`
	Number int64  `json:"number,omitempty"`
	Name   string `json:"name"`
	State  State  `json:"state"`
}

// NoticePart is a phase, task, milestone or safeguard of a notice.
type NoticePart struct {
	ID     string `json:"id"`
	Number int64  `json:"number,omitempty"`
	Name   string `json:"name"`
	Phase  string `json:"phase,omitempty"` // the id of a task's phase
}

// maxParts is how many phases or tasks are listed: each of many recipients gets
// the list.
const maxParts = 100

// written returns the notices as they are sent.
func (t *telling) written() ([]outbox.Notice, error) {
	all := make([]outbox.Notice, 0, len(t.notices))
	why := excerpt.Line(t.why(), maxWhy)
	for i := range t.notices {
		n := &t.notices[i]
		data, err := json.Marshal(t.data(n, why))
		if err != nil {
			return nil, err
		}
		all = append(all, outbox.Notice{Event: string(n.event), Recipients: n.recipients, Title: t.title(n, why), Text: t.text(n, why), Data: data})
	}
	return all, nil
}

func (t *telling) data(n *notice, why string) NoticeData {
	p := t.now
	d := NoticeData{
		Plan:  NoticePlan{ID: p.id, Number: p.number, Name: p.Name(), State: p.st.State},
		Event: n.event, At: t.change.At, By: t.change.By, Remark: why, Milestone: n.milestone, Safeguard: n.safeguard,
	}
	listed := n.refs[:min(maxParts, len(n.refs))]
	d.More = len(n.refs) - len(listed)
	for _, r := range listed {
		switch phase := p.phaseOf(n.on, r); n.on {
		case onPhase:
			d.Phases = append(d.Phases, NoticePart{ID: phase.ID, Number: phase.Number, Name: phase.Name})
		case onTask:
			task := p.def.task(r)
			d.Tasks = append(d.Tasks, NoticePart{ID: task.ID, Number: task.Number, Name: task.Name, Phase: phase.ID})
		case onPlan:
		}
	}
	return d
}

// phaseOf returns the phase of what a notice is about, or nil.
func (p *Plan) phaseOf(on scope, r taskRef) *phaseDef {
	if on == onPlan {
		return nil
	}
	return p.def.phases[r.phase]
}
