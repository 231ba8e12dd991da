package workflow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// A runStory tells what happens to a run, one command after another.
type runStory struct {
	t     testing.TB
	d     *workflow.Definition
	types *workflow.Types
	id    workflow.RunIdentity
	start workflow.Start
	r     *workflow.Run
	trail []workflow.Change
	now   time.Time
}

// newStory starts a run as ann.
func newStory(t testing.TB, d *workflow.Definition, start workflow.Start) *runStory {
	t.Helper()
	s := &runStory{t: t, d: d, types: runActTypes(t), id: workflow.RunIdentity{ID: "r1", Number: 7, Version: 3}, start: start, now: noon}
	if start.Members == nil {
		s.start.Members = runMembers()
	}
	if err := d.Validate(s.types); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.r, s.trail, err = workflow.NewRun(s.id, d, s.types, s.start, ann, s.now); err != nil {
		t.Fatal(err)
	}
	return s
}

// story starts a run of some stages, and tells a script.
func story(t testing.TB, script string, all ...workflow.Stage) *runStory {
	t.Helper()
	s := newStory(t, stages(all...), workflow.Start{})
	s.tell(script)
	return s
}

// runErrors are how a script says what a command meets with.
var runErrors = map[string]error{"refused": penstock.ErrRefused, "forbidden": penstock.ErrForbidden, "invalid": penstock.ErrInvalid, "missing": penstock.ErrNotFound}

// tell carries a script out: commands between semicolons, of which each is a word, what
// it is about, perhaps outputs, perhaps "by" somebody, and perhaps what it meets with:
//
//	admit; lease a; pass a X=1; +10s; vote yes b by bob; cancel by eve !refused
//
// A stage is written as /name, and "nothing" means that no error comes of it, and no change.
func (s *runStory) tell(script string) {
	s.t.Helper()
	for text := range strings.SplitSeq(script, ";") {
		if text = strings.TrimSpace(text); text != "" {
			s.step(text)
		}
	}
	s.check(script)
}

func (s *runStory) step(text string) {
	s.t.Helper()
	if after, ok := strings.CutPrefix(text, "+"); ok {
		d, err := time.ParseDuration(after)
		if err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(d)
		return
	}
	text, want, _ := strings.Cut(text, " !")
	text, by, _ := strings.Cut(text, " by ")
	c, who := s.command(strings.Fields(text))
	if by != "" {
		who = runActor(by)
	}
	err := s.do(c, who)
	switch {
	case want == "" && err != nil:
		s.t.Fatalf("%s: %v", text, err)
	case want != "" && want != "nothing" && !errors.Is(err, runErrors[want]):
		s.t.Fatalf("%s: got %v, want %s", text, err, want)
	case want == "nothing" && err != nil:
		s.t.Fatalf("%s: %v, want nothing to happen", text, err)
	}
}

// do does a command. One that is refused changes nothing.
func (s *runStory) do(c workflow.Command, by penstock.Actor) error {
	s.t.Helper()
	before := s.r.Status()
	next, changes, err := s.r.Do(c, by, s.now)
	if after := s.r.Status(); !reflect.DeepEqual(before, after) {
		s.t.Fatalf("%s wrote to a run that is immutable (-before +after):\n%s", c, cmp.Diff(before, after, runCompare))
	}
	if err != nil && (next != s.r || changes != nil) {
		s.t.Fatalf("%s: refused, but changed: %v", c, changes)
	}
	if (len(changes) == 0) != (next == s.r) {
		s.t.Fatalf("%s: %d changes, and another run: %t", c, len(changes), next != s.r)
	}
	s.r, s.trail = next, append(s.trail, changes...)
	return err
}

// command reads a command of a script, and says who does such a thing.
func (s *runStory) command(words []string) (workflow.Command, penstock.Actor) {
	s.t.Helper()
	verb, about := words[0], words[1:]
	c, who := workflow.Command{}, ann
	switch verb {
	case "vote":
		c.Action, c.Vote = workflow.Vote, approval.Approve
		if about[0] == "no" {
			c.Vote = approval.Reject
		}
		about, who = about[1:], runActor("bob")
	case "pass", "fail", "crash", "lease", "admit", "advance", "report", "retracted":
		c.Action = map[string]workflow.Action{"pass": workflow.Complete, "fail": workflow.Fail, "crash": workflow.Interrupt,
			"lease": workflow.Lease, "admit": workflow.Admit, "advance": workflow.Advance, "report": workflow.Report, "retracted": workflow.Retracted}[verb]
		who = penstock.System()
		if verb == "lease" {
			c.Lease = "p1"
		}
		if verb == "fail" {
			c.Remark = "it broke"
		}
	case "execute":
		c.Action = workflow.ExecuteStage
	default:
		c.Action = workflow.Action(verb)
	}
	for _, word := range about {
		name, value, isPair := strings.Cut(word, "=")
		stage, isStage := strings.CutPrefix(word, "/")
		switch {
		case isPair && name == "attempt":
			c.Attempt = value
		case isPair && name == "instance":
			c.Instance = value
		case isPair && name == "request":
			c.Request = value
		case isPair && name == "answer":
			c.Answer = &approval.Answer{Outcome: approval.State(value)}
		case isPair:
			if c.Outputs == nil {
				c.Outputs = make(map[string]string)
			}
			c.Outputs[name] = value
		case isStage:
			c.Stage = stage
		default:
			c.Job = word
		}
	}
	if job, err := s.r.Job(c.Job); err == nil && c.Attempt == "" && who.ID == penstock.SystemID {
		c.Attempt = job.Status.Attempt.ID
	}
	return c, who
}

// runCompare compares values of this package by what people can see of them.
var runCompare = cmp.Comparer(func(a, b *approval.Request) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
})

// check holds what is so after every story: the trail makes the run again, also after
// it was written and read, and Can says what Do does.
func (s *runStory) check(script string) {
	s.t.Helper()
	text, err := json.Marshal(s.trail)
	if err != nil {
		s.t.Fatal(err)
	}
	var read []workflow.Change
	if err := json.Unmarshal(text, &read); err != nil {
		s.t.Fatal(err)
	}
	for name, trail := range map[string][]workflow.Change{"trail": s.trail, "stored trail": read} {
		again, err := workflow.Fold(s.id, s.d, s.types, s.r.Start(), trail)
		if err != nil {
			s.t.Fatalf("%s: fold of the %s: %v", script, name, err)
		}
		if diff := cmp.Diff(runSeen(s.r), runSeen(again), runCompare); diff != "" {
			s.t.Fatalf("%s: fold of the %s (-run +fold):\n%s", script, name, diff)
		}
	}
	s.canSaysWhatDoDoes(script)
	if kept, told := workflow.CurrentStage(s.r); kept != told {
		s.t.Fatalf("%s: the current stage is %d, the run keeps %d", script, told, kept)
	}
}

// seenRun is everything that can be seen of a run.
type seenRun struct {
	Status  workflow.RunStatus
	Stages  []workflow.StageView
	Outputs map[string]map[string]string
}

func runSeen(r *workflow.Run) seenRun {
	v := seenRun{Status: r.Status(), Stages: r.Stages(), Outputs: make(map[string]map[string]string)}
	for _, s := range v.Stages {
		for _, j := range s.Jobs {
			v.Outputs[j.Key] = r.Outputs(j.Key)
		}
	}
	return v
}

func (s *runStory) canSaysWhatDoDoes(script string) {
	s.t.Helper()
	for _, who := range []string{"ann", "bob", "dan", "eve", "root", "system"} {
		by := runActor(who)
		for _, v := range s.r.Can(by, s.now) {
			c := workflow.Command{Action: v.Action, Stage: v.Stage, Job: v.Job}
			switch v.Action {
			case workflow.Comment:
				c.Remark = "so"
			case workflow.Vote:
				c.Vote = approval.Approve
			}
			_, _, err := s.r.Do(c, by, s.now)
			if v.Allowed != (err == nil) || v.Allowed != (len(v.Refusals) == 0) {
				s.t.Fatalf("%s: %s by %s: Can says %t %v, Do says %v", script, c, who, v.Allowed, v.Refusals, err)
			}
			forbidden := false
			for _, x := range v.Refusals {
				forbidden = forbidden || x.Rule == "permitted"
				if x.Rule == "" || x.Needs == "" {
					s.t.Fatalf("%s: %s by %s: a refusal without a reason: %+v", script, c, who, x)
				}
			}
			if err != nil && forbidden != errors.Is(err, penstock.ErrForbidden) {
				s.t.Fatalf("%s: %s by %s: Can says %v, Do says %v", script, c, who, v.Refusals, err)
			}
		}
	}
}

// runShow tells a run in a line: its state, and each stage with its jobs.
func runShow(r *workflow.Run) string {
	var b strings.Builder
	b.WriteString(string(r.State()))
	for _, s := range r.Stages() {
		fmt.Fprintf(&b, "; %s %s:", s.Name, s.State)
		for _, j := range s.Jobs {
			fmt.Fprintf(&b, " %s=%s", j.Key, j.State)
		}
	}
	return b.String()
}

// want compares a run with a line of runShow.
func (s *runStory) want(line string) {
	s.t.Helper()
	if got := runShow(s.r); got != line {
		for _, c := range s.trail {
			s.t.Log(c.At.Sub(noon), c)
		}
		s.t.Errorf("\n got %s\nwant %s", got, line)
	}
}

func (s *runStory) job(key string) workflow.JobStatus {
	s.t.Helper()
	j, err := s.r.Job(key)
	if err != nil {
		s.t.Fatal(err)
	}
	return j.Status
}

// A runRow is a story with its end.
type runRow struct {
	name   string
	stages []workflow.Stage
	script string
	want   string
}

func tellAll(t *testing.T, rows []runRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			story(t, row.script, row.stages...).want(row.want)
		})
	}
}
