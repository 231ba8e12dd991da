package zadig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

// maxTime is the last second of the year 9999.
const maxTime = 253402300799

// fromTime reads an instant.
func fromTime(field string, unix int64) (time.Time, error) {
	if unix < 0 || unix > maxTime {
		return time.Time{}, penstock.Invalid(field, "must be a Unix time in seconds")
	}
	return instant(unix), nil
}

// fromWindow reads a window; nil if there is none.
func fromWindow(start, end int64) (*releaseplan.Window, error) {
	from, fromErr := fromTime("start_time", start)
	to, toErr := fromTime("end_time", end)
	switch {
	case fromErr != nil || toErr != nil:
		return nil, errors.Join(fromErr, toErr)
	case start == 0 && end == 0:
		return nil, nil
	case start > end:
		return nil, penstock.Invalid("start_time", "lint release time range error: start time should not be greater than end time")
	}
	return &releaseplan.Window{Start: from, End: to}, nil
}

// reschedule says how a plan starts: at a time, if there is one, or else with its approval, or
// else by hand.
func reschedule(c *releaseplan.Content, unix int64) error {
	at, err := fromTime("schedule_execute_time", unix)
	switch {
	case err != nil:
		return err
	case unix != 0 && !c.Window.Open(at):
		return penstock.Invalid("schedule_execute_time", "lint schedule execute time error: schedule execute time should be in the range of start time and end time")
	case unix != 0:
		c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: at}
	case c.Approval != nil && c.Approval.Required():
		c.Start = releaseplan.Schedule{Mode: releaseplan.OnApproval}
	default:
		c.Start = releaseplan.Schedule{}
	}
	return nil
}

// approve gives content an approval, or none. A schedule stays.
func approve(c *releaseplan.Content, b *approvalBody) error {
	var policy *approval.Policy
	if b != nil {
		var err error
		if policy, err = b.policy(c.Approval); err != nil {
			return err
		}
	}
	c.Approval = policy
	if c.Start.Mode == releaseplan.Scheduled {
		return nil
	}
	return reschedule(c, 0)
}

// into gives content everything of the body but its manager and jobs.
func (b *planBody) into(c *releaseplan.Content) error {
	var faults []error
	fault := func(err error) { faults = append(faults, err) }
	var err error
	if c.Name = b.Name; strings.TrimSpace(b.Name) == "" {
		fault(penstock.Invalid("name", "Required parameters are missing"))
	}
	c.Description = b.Description
	c.Window, err = fromWindow(b.StartTime, b.EndTime)
	fault(err)
	if c.Start = (releaseplan.Schedule{}); err == nil {
		fault(reschedule(c, b.ScheduleTime))
	}
	fault(approve(c, b.Approval))
	if b.Jira != nil {
		c.Labels, err = withJira(c.Labels, b.Jira)
		fault(err)
	}
	return errors.Join(faults...)
}

// tasks are the tasks of content, in order, where they are.
func tasks(c *releaseplan.Content) (all []*releaseplan.Task) {
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			all = append(all, &c.Phases[i].Tasks[j])
		}
	}
	return all
}

// addTask adds a task at the end. Jobs can be done in any order.
func addTask(c *releaseplan.Content, t releaseplan.Task) {
	if len(c.Phases) == 0 {
		c.Phases = []releaseplan.Phase{{Name: "Jobs", Kind: releaseplan.Free}}
	}
	last := &c.Phases[len(c.Phases)-1]
	last.Tasks = append(last.Tasks, t)
}

// fromJob makes a task of a job that is sent. before is the task so far, nil if it is new.
func (l *library) fromJob(b jobBody, before *releaseplan.Task) (releaseplan.Task, error) {
	var t releaseplan.Task
	if before != nil {
		t = *before
	}
	var faults []error
	if t.Name = b.Name; strings.TrimSpace(b.Name) == "" {
		faults = append(faults, penstock.Invalid("name", "must not be empty"))
	}
	owner, err := l.jobManager(b, t.Owner)
	t.Owner, faults = owner, append(faults, err)
	switch {
	case before != nil && b.Type != "" && b.Type != l.kindWord(before.Kind):
		faults = append(faults, penstock.Invalid("type", "is %s, and stays so", l.kindWord(before.Kind)))
	case before != nil:
	case b.Type == jobText:
		t.Kind = releaseplan.Manual
	case b.Type == jobWorkflow:
		t.Kind = l.WorkflowKind
	default:
		faults = append(faults, penstock.Invalid("type", "undefined job type of type:%s", clipped(b.Type)))
	}
	if err := errors.Join(faults...); err != nil {
		return t, err
	}
	switch l.kindWord(t.Kind) {
	case jobText:
		err = textInto(&t, b.Spec)
	case jobWorkflow:
		err = l.workflowInto(&t, b.Spec)
	default:
		if len(b.Spec) > 0 {
			t.Spec = b.Spec
		}
	}
	return t, rest.Under("spec", err)
}

// textInto gives a task what there is to do. Other members of its spec stay.
func textInto(t *releaseplan.Task, sent json.RawMessage) error {
	var spec struct {
		Content string `json:"content"`
	}
	if err := decodeSpec(sent, &spec); err != nil {
		return err
	}
	if spec.Content == contentOf(*t) && (t.ID != "" || spec.Content == "") {
		return nil
	}
	members := make(map[string]any)
	if len(t.Spec) > 0 && json.Unmarshal(t.Spec, &members) != nil {
		members = make(map[string]any)
	}
	members["content"] = spec.Content
	var err error
	t.Spec, err = json.Marshal(members)
	return err
}

// maxSpecBody bounds the spec of a workflow job as it is sent, in bytes: there are more members in
// it than in what is stored.
const maxSpecBody = 2 * releaseplan.MaxSpec

// workflowInto gives a task the workflow that it starts.
func (l *library) workflowInto(t *releaseplan.Task, sent json.RawMessage) error {
	if n := len(sent); n > maxSpecBody {
		return penstock.Invalid("", "%d bytes are too many: at most %d", n, maxSpecBody)
	}
	var b workflowBody
	if err := decodeSpec(sent, &b); err != nil {
		return err
	}
	w := b.planned()
	if err := l.known(w); err != nil {
		return err
	}
	var before *runs.Spec
	var shown *planWorkflow
	if len(t.Spec) > 0 {
		spec := specOf(*t)
		d, err := l.definition(spec.Workflow)
		if err != nil {
			return err
		}
		now := toJobWorkflow(spec, d, l.secretsOf(d))
		before, shown = &spec, &now
	}
	spec, err := fromJobWorkflow(w, before, shown)
	if err != nil {
		return err
	}
	if before != nil && sameSpec(*before, spec) {
		return nil
	}
	d, err := l.definition(w.Name)
	if err != nil {
		return err
	}
	if err := loneMasks(spec, l.secretsOf(d)); err != nil {
		return err
	}
	t.Spec, err = json.Marshal(spec)
	return err
}

// known says what is wrong with a workflow that is named: it has to be there, for who names it.
func (l *library) known(w planWorkflow) error {
	if l.Workflows == nil || w.Name == "" {
		return nil
	}
	d, err := l.definition(w.Name)
	if err != nil {
		return err
	}
	if d == nil || w.Project != "" && w.Project != d.Project {
		return penstock.Invalid("workflow.name", "workflow %s not found", clipped(w.Name))
	}
	var faults []error
	for i, p := range w.Params {
		switch known := d.Param(p.Name); {
		case known == nil:
			faults = append(faults, penstock.Invalid(fmt.Sprintf("workflow.params[%d].name", i), "param %s not found in workflow", clipped(p.Name)))
		case known.IsSecret() && (p.Value != "" && p.Value != workflow.Masked || p.Repo != nil || len(p.Chosen) > 0):
			// What a plan says is shown to all who may read it.
			faults = append(faults, penstock.Invalid(fmt.Sprintf("workflow.params[%d].value", i), "is secret: it takes a secret variable of the plan"))
		}
	}
	return rest.Join(append(faults, plainSecrets(w.Inputs, l.secretsOf(d))))
}

// decodeSpec reads a spec; nothing is an empty one.
func decodeSpec(sent json.RawMessage, v any) error {
	if len(sent) == 0 {
		return nil
	}
	if tree, err := decodeTree(sent); err != nil || tree == nil {
		return err
	}
	return rest.Decode(sent, v, true)
}

// sameSpec reports whether two specs say the same.
func sameSpec(a, b runs.Spec) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// clipped keeps what somebody wrote short enough to repeat.
func clipped(s string) string { return excerpt.Line(s, 40) }
