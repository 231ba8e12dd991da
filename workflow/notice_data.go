package workflow

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/store/outbox"
)

// NoticeData is what a notice about a run says to programs: the Data of the
// [outbox.Notice] in JSON, and so of each message that carries it. Every Service commits
// notices with the change that they tell of.
//
// # Types
//
// Which change is which type, for the notify_ctls of a definition and those of a job:
//
//	type                the run                            the job
//	created             is created, or retried
//	prepare                                                its first attempt begins
//	pause               waits for a stage to be executed
//	                    by hand
//	wait_for_approval   a stage or job of it asks for      asks for its approval
//	                    its approval
//	wait_for_manual_    a job of it failed, and a person   failed, and a person decides
//	  error_handling    decides what that means            what that means
//	passed              passed                             passed
//	unstable                                               failed, which is ignored
//	skipped             every job was skipped              was skipped
//	failed              failed                             failed, and is not tried again
//	timeout             ran out of time                    ran out of time
//	cancelled           was canceled                       was canceled
//	reject              an approval of it was denied       its approval was denied
//	changed             ended otherwise than the run of
//	                    the workflow before it, or is the
//	                    first to end
//
// A job of the definition that became several is told of once: when the last of them has
// ended, or the run has, as the worst of them.
//
// # Recipients
//
// The users and groups of all mail controls that ask for it are the recipients of one notice,
// in which the [Starter] is whoever started the run. What else has to hear of it stands in
// Controls, by its place alone: addresses and tokens are in no notice. [ToHooks] takes it
// from there. Controls that are not enabled hear of nothing, and of two for the same
// address the first hears.
//
// Secrets of the run and of its jobs are masked in all texts.
type NoticeData struct {
	Workflow NoticeWorkflow `json:"workflow"`
	Run      NoticeRun      `json:"run"`
	Job      *NoticeJob     `json:"job,omitempty"`    // that it happened to; nil: to the run
	Stage    string         `json:"stage,omitempty"`  // that waits for people
	Failed   []NoticeJob    `json:"failed,omitempty"` // why the run ended as it did: jobs that failed, ran out of time, were rejected
	More     int            `json:"more,omitempty"`   // how many failed but for the first 20
	Event    NotifyType     `json:"event"`
	Changed  bool           `json:"changed,omitempty"`  // it ended otherwise than the run before; false if nobody asks
	Previous RunState       `json:"previous,omitempty"` // if Changed: how that one ended; empty: there is none
	At       time.Time      `json:"at"`
	By       penstock.Party `json:"by,omitzero"`        // who did it; the system for what happened by itself
	Remark   string         `json:"remark,omitempty"`   // why; at most 1,000 characters
	Controls []string       `json:"controls,omitempty"` // paths in the definition; messages are without
}

// NoticeWorkflow is the workflow of a notice.
type NoticeWorkflow struct {
	Key     string `json:"key"`
	Name    string `json:"name"` // for people
	Project string `json:"project"`
	Version int64  `json:"version"` // of the definition that the run is of
}

// NoticeRun is the run of a notice, as it was then.
type NoticeRun struct {
	ID      string         `json:"id"`
	Number  int64          `json:"number"`
	State   RunState       `json:"state"`
	URL     string         `json:"url,omitempty"`
	Creator penstock.Party `json:"creator,omitzero"`
	Remark  string         `json:"remark,omitempty"` // of the start; at most 1,000 characters
	Origin  *Origin        `json:"origin,omitempty"` // which task of which plan started it, and no more of it
	Created time.Time      `json:"created"`
	Started time.Time      `json:"started,omitzero"`
	Ended   time.Time      `json:"ended,omitzero"`
}

// NoticeJob is a job of a notice.
type NoticeJob struct {
	Key     string    `json:"key"` // of the definition's job if it became several
	Type    string    `json:"type"`
	Stage   string    `json:"stage"`
	State   JobState  `json:"state"`
	Error   string    `json:"error,omitempty"` // at most 1,000 characters
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
}

// maxFailed is how many failed jobs are listed.
const maxFailed = 20

// tell adds that something happened, for those who hear its type or one of others.
func (t *telling) tell(n *notice, all []listener, others ...NotifyType) {
	types := append([]NotifyType{n.event}, others...)
	for i := range all {
		if all[i].hears(types...) {
			n.to = append(n.to, &all[i])
		}
	}
	if len(n.to) == 0 {
		return
	}
	data := t.data(n)
	recipients, controls := t.recipients(n)
	data.Controls = controls
	if len(recipients) == 0 && len(controls) == 0 {
		return
	}
	body, err := json.Marshal(data)
	if err != nil {
		t.err = fmt.Errorf("notice about run %s: %w", t.run.id, err)
		return
	}
	t.notices = append(t.notices, outbox.Notice{
		Event: string(n.event), Recipients: recipients, Title: data.title(n.what), Text: data.text(), Data: body,
	})
}

// recipients returns the people who hear of a notice, once each, and the controls of what
// else does, one for each address.
func (t *telling) recipients(n *notice) (people []penstock.Party, controls []string) {
	type address struct {
		NotifyKind
		address string
	}
	seen := make(map[string]bool)
	sent := make(map[address]bool)
	for _, l := range n.to {
		if l.Kind != NotifyMail {
			to := address{l.Kind, l.Address}
			if l.Address == "" || !sent[to] {
				controls = append(controls, l.path)
			}
			sent[to] = true
			continue
		}
		for _, p := range l.Users {
			if p.Type == Starter {
				p = t.run.st.Created.By
			}
			key := p.Key() + "/" + p.Name
			if p.ID != "" {
				key = p.Key()
			}
			if !p.IsZero() && !seen[key] {
				seen[key] = true
				people = append(people, p)
			}
		}
	}
	return people, controls
}

func (t *telling) data(n *notice) *NoticeData {
	r, c := t.run, t.change
	def := r.graph.def
	d := &NoticeData{
		Workflow: NoticeWorkflow{Key: def.Key, Name: def.DisplayName(), Project: def.Project, Version: r.version},
		Run: NoticeRun{ID: r.id, Number: r.number, State: r.st.State, URL: t.said(r.start.URL), Creator: r.st.Created.By,
			Remark: t.said(r.st.Remark), Created: r.st.Created.At, Started: r.st.Started, Ended: r.st.Ended},
		Job: n.job, Stage: n.stage, Event: n.event, Changed: n.changed, At: c.At, By: c.By,
	}
	if o := r.start.Origin; o != nil {
		d.Run.Origin = &Origin{Plan: o.Plan, PlanName: o.PlanName, Task: o.Task, TaskName: o.TaskName}
	}
	if by := r.st.Canceler.By; n.event == NotifyCanceled && n.job == nil && !by.IsZero() {
		d.By = by
	}
	if c.Kind == RunMoved {
		d.Remark = t.said(c.Remark)
	}
	if n.changed {
		d.Previous = *t.before
	}
	if n.job == nil && r.st.State.Ended() {
		for i := range r.jobs {
			switch s := r.jobs[i].state(); {
			case !s.bad(), s == JobCanceled && r.st.State == RunCanceled:
			case len(d.Failed) == maxFailed:
				d.More++
			default:
				d.Failed = append(d.Failed, *t.noticeJob(i))
			}
		}
	}
	return d
}

// noticeJob returns the job at a place.
func (t *telling) noticeJob(i int) *NoticeJob {
	j := t.run.job(i)
	return &NoticeJob{Key: j.Key, Type: j.Type, Stage: t.run.graph.stages[j.Stage].Name, State: j.State,
		Error: t.said(j.Status.Error), Started: j.Status.Started, Ended: j.Status.Ended}
}

// noticeGroup returns a job of the definition, which is in a state: with the times of all that
// it became, and the error of one that is in that state.
func (t *telling) noticeGroup(g *jobListening, state JobState) *NoticeJob {
	all := NoticeJob{Key: g.job.Name, Type: g.job.Type, Stage: t.run.graph.stages[t.run.graph.nodes[g.first].stage].Name, State: state}
	for i := g.first; i < g.end; i++ {
		one := t.noticeJob(i)
		if all.Error == "" && one.State == state {
			all.Error = one.Error
		}
		all.Started = earlier(all.Started, one.Started)
		all.Ended = later(all.Ended, one.Ended)
	}
	if state == JobRunning {
		all.Ended = time.Time{}
	}
	return &all
}

// said returns what somebody, or a job, said, without secrets and in one line.
func (t *telling) said(text string) string {
	if text == "" {
		return ""
	}
	if t.masker == nil {
		t.masker = t.run.masker()
	}
	return excerpt.Line(t.masker.Mask(text), maxSaid)
}
