package releaseplan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestTenThousandTasksAreFine(t *testing.T) {
	c := bSized(10, 1000, releaseplan.Parallel)
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			task := &c.Phases[i].Tasks[j]
			task.Description, task.Needs = "", nil
			for k := max(0, j-10); k < j; k++ {
				task.Needs = append(task.Needs, c.Phases[i].Tasks[k].Name)
			}
		}
	}
	p := bPlan(t, c)
	if n := len(p.Tasks()); n != releaseplan.MaxTasks {
		t.Errorf("%d tasks", n)
	}
	p = bAct(t, p, bNoon, releaseplan.Execute)
	if steps, _ := p.Next(bNoon); len(steps) != 1 {
		t.Errorf("%d steps, want that of the first task", len(steps))
	}
}

// What is far too large is refused before anything is done for each part of it.
func TestTenMillionTasksAreRefusedEarly(t *testing.T) {
	many := make([]releaseplan.Task, 100_000)
	c := content{Name: "huge"}
	for range 100 {
		c.Phases = append(c.Phases, releaseplan.Phase{Name: "p", Tasks: many})
	}
	p := bPlan(t, content{Name: "small"})
	for _, row := range []struct {
		name string
		try  func() error
	}{
		{"validate", c.Validate},
		{"new", func() error {
			_, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, c, bAnn, bNoon)
			return err
		}},
		{"edit", func() error {
			_, _, err := p.Do(releaseplan.Command{Action: releaseplan.Edit, Content: &c}, bAnn, bNoon)
			return err
		}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		err := row.try()
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, penstock.ErrInvalid) || !strings.Contains(err.Error(), "tasks: 10000000 are too many") {
			t.Errorf("%s: %v", row.name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 || took > time.Second {
			t.Errorf("%s: refused after %d bytes and %s", row.name, n, took)
		}
	}
}

func TestAllOfAPlanIsBoundedAsJSON(t *testing.T) {
	c := content{Name: "large", Phases: []releaseplan.Phase{{Name: "p"}}}
	for i := range releaseplan.MaxContent/releaseplan.MaxDescription + 1 {
		c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: fmt.Sprint(i), Description: strings.Repeat("x", releaseplan.MaxDescription)})
	}
	_, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, c, bAnn, bNoon)
	if !errors.Is(err, penstock.ErrInvalid) || !strings.Contains(err.Error(), "bytes of JSON are too many") {
		t.Errorf("got %v", err)
	}
}

func TestPlanHasAnID(t *testing.T) {
	for _, id := range []string{"", strings.Repeat("x", 65)} {
		if _, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: id}, content{Name: "x"}, bAnn, bNoon); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// needing returns a phase of tasks a, b, c … that need what is said.
func needing(kind releaseplan.PhaseKind, needs ...[]string) releaseplan.Phase {
	p := releaseplan.Phase{Name: "phase", Kind: kind}
	for i, n := range needs {
		p.Tasks = append(p.Tasks, releaseplan.Task{Name: string(rune('a' + i)), Needs: n})
	}
	return p
}

func TestNeedsAreFoundAndCyclesTold(t *testing.T) {
	sequential, parallel := releaseplan.Sequential, releaseplan.Parallel
	for _, row := range []struct {
		rule   string
		phases []releaseplan.Phase
		want   []string
	}{
		{"a need of the same phase", []releaseplan.Phase{needing(parallel, nil, []string{"a"})}, nil},
		{"a need that comes later, in a parallel phase", []releaseplan.Phase{needing(parallel, []string{"b"}, nil)}, nil},
		{"a need of an earlier phase", []releaseplan.Phase{needing(parallel, nil, nil), needing(parallel, nil, nil, []string{"b", "a"})}, nil},
		{"the same phase comes first", []releaseplan.Phase{needing(parallel, nil), needing(parallel, nil, []string{"a"})}, nil},
		{"itself", []releaseplan.Phase{needing(parallel, []string{"a"})}, []string{`phases[0].tasks[0].needs: makes a cycle: "a" → "a"`}},
		{"itself, sequential", []releaseplan.Phase{needing(sequential, []string{"a"})}, []string{`phases[0].tasks[0].needs: makes a cycle: "a" → "a"`}},
		{"two", []releaseplan.Phase{needing(parallel, []string{"b"}, []string{"a"})}, []string{`phases[0].tasks[1].needs: makes a cycle: "a" → "b" → "a"`}},
		{"three", []releaseplan.Phase{needing(parallel, []string{"b"}, []string{"c"}, []string{"a"})}, []string{`phases[0].tasks[2].needs: makes a cycle: "a" → "b" → "c" → "a"`}},
		{"three, with a way in", []releaseplan.Phase{needing(parallel, []string{"b"}, []string{"c"}, []string{"d"}, []string{"b"})},
			[]string{`phases[0].tasks[3].needs: makes a cycle: "b" → "c" → "d" → "b"`}},
		{"two cycles", []releaseplan.Phase{needing(parallel, []string{"a"}, []string{"b"})},
			[]string{`phases[0].tasks[0].needs: makes a cycle: "a" → "a"`, `phases[0].tasks[1].needs: makes a cycle: "b" → "b"`}},
		{"over the order of a sequential phase", []releaseplan.Phase{needing(sequential, []string{"b"}, nil)},
			[]string{`phases[0].tasks[0].needs[0]: makes a cycle: "a" → "b", which comes later`}},
		{"over the order of phases", []releaseplan.Phase{
			{Name: "1", Tasks: []releaseplan.Task{{Name: "x", Needs: []string{"0190b7a2-0000-7000-8000-000000000001"}}}},
			{Name: "2", Tasks: []releaseplan.Task{{Name: "y", ID: "0190b7a2-0000-7000-8000-000000000001"}}}},
			[]string{`phases[0].tasks[0].needs[0]: makes a cycle: "x" → "y", which comes later`}},
		{"an unknown one", []releaseplan.Phase{needing(parallel, []string{"z"})}, []string{`phases[0].tasks[0].needs[0]: "z" is no task of this phase or an earlier one`}},
		{"a name of a later phase", []releaseplan.Phase{{Name: "1", Tasks: []releaseplan.Task{{Name: "x", Needs: []string{"y"}}}}, {Name: "2", Tasks: []releaseplan.Task{{Name: "y"}}}},
			[]string{`phases[0].tasks[0].needs[0]: "y" is no task of this phase or an earlier one`}},
		{"an ambiguous name", []releaseplan.Phase{{Name: "1", Kind: parallel, Tasks: []releaseplan.Task{{Name: "x"}, {Name: "x"}, {Name: "y", Needs: []string{"x"}}}}},
			[]string{`phases[0].tasks[2].needs[0]: "x" is the name of 2 tasks; use an id`}},
		{"all at once", []releaseplan.Phase{needing(parallel, []string{"y", "z"})},
			[]string{`phases[0].tasks[0].needs[0]: "y" is no task of this phase or an earlier one`, `phases[0].tasks[0].needs[1]: "z" is no task of this phase or an earlier one`}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			c := content{Name: "x", Phases: row.phases}
			_, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, c, bAnn, bNoon)
			if diff := cmp.Diff(row.want, bFaults(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(bFaults(err), bFaults(c.Validate())); diff != "" {
				t.Errorf("Validate tells something else: %s", diff)
			}
		})
	}
}

// Names are made ids, so that a task can be renamed.
func TestNeedsBecomeIDs(t *testing.T) {
	p := bPlan(t, content{Name: "x", Phases: []releaseplan.Phase{needing(releaseplan.Parallel, nil, []string{"a"})}})
	p = bEdit(t, p, bNoon, func(c *content) { firstTask(c).Name = "renamed" })
	if diff := cmp.Diff([]string{bID(t, p, "renamed")}, bView(t, p, "b").Needs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// An id that a task will be given cannot be taken by another.
func TestIDsThatAreMadeDoNotCollide(t *testing.T) {
	free := content{Name: "x", Phases: []releaseplan.Phase{needing(releaseplan.Parallel, nil, nil)}}
	made := bPlan(t, free).Tasks()[0].ID
	free.Phases[0].Tasks[1].ID = made
	_, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, free, bAnn, bNoon)
	if !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestForeignIDsAreRefusedInAnEdit(t *testing.T) {
	p := bPlan(t, bSized(1, 1, releaseplan.Free))
	_, _, err := bTryEdit(p, bNoon, func(c *content) {
		c.Phases[0].ID = "0190b7a2-0000-7000-8000-0000000000aa"
		firstTask(c).ID = "0190b7a2-0000-7000-8000-0000000000bb"
	})
	faults := penstock.Faults(err)
	if len(faults) != 2 || faults[0].Field != "phases[0].id" || faults[1].Field != "phases[0].tasks[0].id" {
		t.Errorf("got %q", bFaults(err))
	}
}

func TestBadCommandsAreRefusedWithEveryFault(t *testing.T) {
	p := bPlan(t, bRich())
	for _, row := range []struct {
		rule string
		c    releaseplan.Command
		want []string
	}{
		{"an action is known", releaseplan.Command{Action: "explode"}, []string{"action"}},
		{"a move by rule cannot be asked for", releaseplan.Command{Action: "pass"}, []string{"action"}},
		{"texts are bounded", releaseplan.Command{Action: releaseplan.Comment, Remark: strings.Repeat("x", releaseplan.MaxRemark+1), Code: strings.Repeat("x", 256),
			Key: strings.Repeat("x", 129), Lease: strings.Repeat("x", 256)}, []string{"remark", "lease", "code", "key"}},
		{"texts are UTF-8", releaseplan.Command{Action: releaseplan.Comment, Remark: "\xff", Key: "\xff"}, []string{"remark", "key"}},
		{"a version is not negative", releaseplan.Command{Action: releaseplan.Finalize, IfVersion: -1}, []string{"if_version"}},
		{"an edit has content", releaseplan.Command{Action: releaseplan.Edit}, []string{"content"}},
		{"variables are given", releaseplan.Command{Action: releaseplan.SetVariables}, []string{"variables"}},
		{"variables are few", releaseplan.Command{Action: releaseplan.SetVariables, Variables: make([]releaseplan.Variable, releaseplan.MaxVariables+1)}, []string{"variables"}},
		{"an answer is known", releaseplan.Command{Action: releaseplan.AnswerGate, Answer: "maybe"}, []string{"answer"}},
		{"a skip and a comment say why", releaseplan.Command{Action: releaseplan.Skip}, []string{"remark", "task"}},
		{"a task is named", releaseplan.Command{Action: releaseplan.Start}, []string{"task"}},
		{"a start is in a year of four digits", releaseplan.Command{Action: releaseplan.Execute, Start: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}, []string{"start"}},
		{"an assignee has a type", releaseplan.Command{Action: releaseplan.Reassign, Task: "x", Assignee: &penstock.Party{ID: "x", Type: "robot"}}, []string{"assignee.type"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			next, changes, err := p.Do(row.c, bAnn, bNoon)
			var got []string
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(row.want, got); diff != "" || next != p || changes != nil {
				t.Errorf("%v: -want +got:\n%s", err, diff)
			}
		})
	}
	if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Skip, Task: "0190b7a2-0000-7000-8000-0000000000aa", Remark: "x"}, bAnn, bNoon); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("a task of another plan: %v", err)
	}
}

// FuzzValidate: content of any kind is judged without panic, and what is good
// becomes a plan that is the same once it was written and read.
func FuzzValidate(f *testing.F) {
	for _, c := range []content{{}, bRich(), bARP(), bSized(2, 2, releaseplan.Parallel)} {
		doc, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var c content
		if json.Unmarshal(doc, &c) != nil {
			return
		}
		p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, c, bAnn, bNoon)
		if (err == nil) != (c.Validate() == nil) && !strings.Contains(err.Error(), "bytes of JSON") {
			t.Fatalf("Validate %v, NewPlan %v", c.Validate(), err)
		}
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) || len(penstock.Faults(err)) == 0 {
				t.Fatalf("not an ErrInvalid: %v", err)
			}
			return
		}
		again, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, p.Content(), bAnn, bNoon)
		if err != nil {
			t.Fatalf("its own content: %v", err)
		}
		secrets := false
		for _, v := range p.Content().Variables {
			secrets = secrets || v.Digest != ""
		}
		if !secrets && again.Hash() != p.Hash() {
			t.Fatal("its own content has another hash")
		}
		read, err := releaseplan.Import(bExport(t, p))
		if err != nil {
			t.Fatalf("its own export: %v", err)
		}
		if !secrets && !bytes.Equal(bExport(t, read), bExport(t, p)) {
			t.Fatalf("export differs:\n%s\n%s", bExport(t, read), bExport(t, p))
		}
	})
}
