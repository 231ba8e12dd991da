package workflow_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// checkout is the task of a plan that starts runs here; granted, with its approval.
func checkout() workflow.Origin {
	return workflow.Origin{Plan: "p1", PlanName: "Checkout 2.4", Task: "t1", TaskName: "deploy"}
}

func granted() workflow.Origin {
	o := checkout()
	o.Approval = &workflow.Granted{By: []penstock.Party{{Type: penstock.User, ID: "cleo", Name: "Cleo"}, {ID: "dora"}}, At: noon.Add(-time.Hour), Request: "q1"}
	return o
}

// origin lets some walks be of a run that a plan started, perhaps with its approval.
func (d *runDice) origin() (s workflow.Start) {
	switch d.intn(12) {
	case 0:
		s.Origin = new(checkout())
	case 1, 2:
		s.Origin = new(granted())
	}
	return s
}

// unasked: a run with an approval that was passed on asks nobody, and no other is granted anything.
func (w *runWalk) unasked(s workflow.StageView) {
	w.t.Helper()
	o := w.r.Origin()
	if o == nil || o.Approval == nil {
		if !s.Status.Granted.IsZero() {
			w.t.Errorf("stage %s is granted", s.Name)
		}
		return
	}
	if s.Status.Request != nil || s.State == workflow.StageWaiting {
		w.t.Errorf("stage %s asks", s.Name)
	}
	for _, j := range s.Jobs {
		if j.Status.Request != nil || j.State == workflow.JobWaiting || j.State == workflow.JobRejected {
			w.t.Errorf("job %s asks: %s", j.Key, j.State)
		}
	}
}

func TestARunOfAPlanSaysWhichTaskIsToBeRetried(t *testing.T) {
	t.Parallel()
	s := newStory(t, stages(serial("one", act("a", ""))), workflow.Start{Origin: new(checkout())})
	s.tell("admit; fail a")
	const want = `cannot retry: needs a person to retry task "deploy" of plan "Checkout 2.4" instead`
	if _, _, err := s.r.Do(workflow.Command{Action: workflow.RetryRun}, ann, s.now); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, v := range s.r.Can(ann, s.now) {
		if v.Action == workflow.RetryRun && (v.Allowed || !strings.HasSuffix(want, v.Refusals[0].Needs)) {
			t.Errorf("can: %+v", v)
		}
	}
	if got := s.r.Origin(); !cmp.Equal(*got, checkout()) {
		t.Errorf("it is of %+v", got)
	}
	s.r.Origin().Plan = "p2"
	if s.r.Origin().Plan != "p1" {
		t.Error("the origin is not a copy")
	}
}

// Nobody is asked again for what the plan's approvers agreed to, and the trail says so.
func TestApprovalPassedOn(t *testing.T) {
	t.Parallel()
	const remark = `approved by Cleo, dora with plan "Checkout 2.4"`
	s := newStory(t, stages(approved(serial("one", act("a", ""))), parallel("two", askJob("b"), larkJob("c"), act("d", "")),
		manual(approved(serial("three", act("e", ""))), "ann")), workflow.Start{Origin: new(granted())})
	s.tell("vote yes !refused; admit; pass a; pass d")
	s.want("paused; one passed: a=passed; two passed: b=passed c=passed d=passed; three paused: e=pending")
	s.tell("execute /three by eve !forbidden; execute /three; admit; pass e")
	var told []string
	for _, c := range s.trail {
		if c.Kind == workflow.StageAsked || c.Request != nil {
			t.Errorf("somebody was asked: %s", c)
		}
		if c.Remark == remark {
			told = append(told, c.String())
			if c.By.ID != penstock.SystemID {
				t.Errorf("%s: by %s", c, c.By.ID)
			}
		}
	}
	want := []string{`stage "one" granted (` + remark + ")", "job b pending → passed (" + remark + ")", "job c pending → passed (" + remark + ")", `stage "three" granted (` + remark + ")"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("the trail (-want +got):\n%s", diff)
	}
	if b := s.job("b"); !b.Started.Equal(noon) || !b.Ended.Equal(noon) || b.Count != 0 {
		t.Errorf("got %+v", b)
	}
}

// What else holds an approval job up goes on doing so.
func TestApprovalPassedOnGrantsNothingElse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, script, want string }{
		{"an execute policy", "admit", "skipped; one skipped: b=skipped"},
		{"unknown variables", "admit", "failed; one failed: a=skipped b=failed"},
		{"a cancel", "cancel", "canceled; one canceled: b=pending"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := stages(serial("one", askJob("b")))
			switch row.name {
			case "an execute policy":
				d = stages(serial("one", askJob("b", when(workflow.SkipIf, "1", workflow.Equals, "1"))))
			case "unknown variables":
				ask := askJob("b")
				ask.Spec = json.RawMessage(strings.Replace(string(ask.Spec), `"bob"`, `"{{.job.a.output.X}}"`, 1))
				d = stages(serial("one", act("a", "", when(workflow.SkipIf, "1", workflow.Equals, "1")), ask))
			}
			s := newStory(t, d, workflow.Start{Origin: new(granted())})
			s.tell(row.script)
			s.want(row.want)
		})
	}
}

// A run that asks nobody does not care whether those who would be asked could answer.
func TestApprovalPassedOnNeedsNoApprovers(t *testing.T) {
	t.Parallel()
	d := func() *workflow.Definition { return stages(approved(serial("one", askJob("b")))) }
	nobody := map[string][]penstock.Party{}
	alone := func(p *approval.Policy) *approval.Policy {
		p.Nodes[0].Approvers, p.Separation = []penstock.Party{penstock.UserParty("ann")}, approval.Separation{NotAuthor: true}
		return p
	}
	for _, origin := range []*workflow.Origin{nil, new(granted())} {
		def := d()
		alone(def.Stages[0].Approval)
		r, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, def, runActTypes(t), workflow.Start{Origin: origin, Members: nobody}, ann, noon)
		if (err == nil) != (origin != nil) {
			t.Errorf("%v: %v", origin, err)
		}
		if err != nil {
			continue
		}
		if r, _, err = r.Do(workflow.Command{Action: workflow.Admit}, penstock.System(), noon); err != nil || r.State() != workflow.RunPassed {
			t.Errorf("%s: %v", r, err)
		}
	}
}

func TestOriginFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	for _, row := range []struct {
		name   string
		change func(*workflow.Origin)
		want   string
	}{
		{"fine", func(*workflow.Origin) {}, ""},
		{"no plan", func(o *workflow.Origin) { o.Plan = "" }, "origin.plan: must not be empty"},
		{"no task", func(o *workflow.Origin) { o.Task = "" }, "origin.task: must not be empty"},
		{"no names", func(o *workflow.Origin) { o.PlanName, o.TaskName = "", "" }, ""},
		{"long names", func(o *workflow.Origin) { o.PlanName, o.TaskName, o.Digest = long, long, long },
			"origin.plan_name: 256 characters are too many: at most 255\norigin.task_name: 256 characters are too many: at most 255\norigin.digest: 256 characters are too many: at most 255"},
		{"no request", func(o *workflow.Origin) { o.Approval.Request = "" }, "origin.approval.request: must not be empty"},
		{"no time", func(o *workflow.Origin) { o.Approval.At = time.Time{} }, "origin.approval.at: must be set"},
		{"nobody known", func(o *workflow.Origin) { o.Approval.By = nil }, ""},
		{"nobody named", func(o *workflow.Origin) { o.Approval.By[1] = penstock.Party{} }, "origin.approval.by[1]: must name somebody"},
		{"too many", func(o *workflow.Origin) { o.Approval.By = make([]penstock.Party, 1001) }, "origin.approval.by: 1001 are too many: at most 1000"},
	} {
		o := granted()
		row.change(&o)
		_, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, stages(serial("one", act("a", ""))), runActTypes(t), workflow.Start{Origin: &o}, ann, noon)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != row.want || err != nil && !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// A value that is a secret elsewhere goes into no parameter that is shown.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	d := stages(serial("one", act("a", "")))
	d.Params = []workflow.Param{{Name: "shown", Type: workflow.StringParam}, {Name: "hidden", Type: workflow.SecretParam}, {Name: "old", Type: workflow.TextParam, Secret: true}}
	for _, row := range []struct{ name, want string }{
		{"hidden", ""}, {"old", ""},
		{"shown", `parameters[0].value: is a secret, and the parameter "shown" is none`},
		{"none", `parameters[0].name: the workflow has no parameter "none"`},
	} {
		start := workflow.Start{Params: []workflow.Argument{{Name: row.name, Value: "hunter2"}}, Secrets: []string{row.name}}
		_, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, d, runActTypes(t), start, ann, noon)
		if got := errors.Join(err); (got == nil) != (row.want == "") || got != nil && got.Error() != row.want {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}
