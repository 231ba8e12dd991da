package releaseplan_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// scribble overwrites everything that can be reached from v.
func scribble(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			scribble(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				scribble(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			scribble(v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			v.SetMapIndex(k, reflect.Zero(v.Type().Elem()))
		}
	case reflect.String:
		v.SetString("scribbled")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() ^ 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	default:
	}
}

// What goes into a plan and what comes out of it is the caller's own: whatever
// becomes of it, the plan stays as it is.
func TestCopiesAreTheCallersOwn(t *testing.T) {
	c := bRich()
	p, born, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, c, bAnn, bNoon)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bRich(), c); diff != "" {
		t.Errorf("NewPlan changed what it was given: %s", diff)
	}
	before := bExport(t, p)
	unchanged := func(what string) {
		t.Helper()
		if diff := cmp.Diff(string(before), string(bExport(t, p))); diff != "" {
			t.Errorf("scribbling over %s changed the plan: %s", what, diff)
		}
	}
	scribble(reflect.ValueOf(&c))
	unchanged("the content that it was made of")
	scribble(reflect.ValueOf(&born))
	unchanged("the change that it was born with")
	out := p.Content()
	scribble(reflect.ValueOf(&out))
	unchanged("its content")
	status := p.Status()
	scribble(reflect.ValueOf(&status))
	unchanged("its status")
	tasks := p.Tasks()
	scribble(reflect.ValueOf(&tasks))
	unchanged("its tasks")
	copied := p.Duplicate("other")
	scribble(reflect.ValueOf(&copied))
	unchanged("the content of its duplicate")

	edited := p.Content()
	edited.Phases[0].Tasks[1].Description, edited.Description = "edited", "edited"
	next, changes, err := p.Do(releaseplan.Command{Action: releaseplan.Edit, Content: &edited}, bAnn, bNoon)
	if err != nil {
		t.Fatal(err)
	}
	unchanged("nothing, but editing")
	p, before = next, bExport(t, next)
	scribble(reflect.ValueOf(&edited))
	unchanged("the content of an edit")
	scribble(reflect.ValueOf(&changes))
	unchanged("the changes of an edit")
}

// A plan is a value: whatever is asked of it, it stays as it is.
func TestPlansAreImmutable(t *testing.T) {
	p := bAct(t, bPlan(t, bSized(3, 3, releaseplan.Parallel)), bNoon, releaseplan.Execute)
	for _, a := range []releaseplan.Action{releaseplan.Start, releaseplan.Complete} {
		p = bTask(t, p, a, "task 0.0", bNoon)
	}
	p = bTask(t, p, releaseplan.Start, "task 0.1", bNoon)
	before, tasks := bExport(t, p), p.Tasks()
	for _, c := range []releaseplan.Command{
		{Action: releaseplan.Pause}, {Action: releaseplan.Cancel}, {Action: releaseplan.Comment, Remark: "x"},
		{Action: releaseplan.Complete, Task: bID(t, p, "task 0.1")}, {Action: releaseplan.Fail, Task: bID(t, p, "task 0.1")},
		{Action: releaseplan.Skip, Task: bID(t, p, "task 0.2"), Remark: "x"}, {Action: releaseplan.Hold, Task: bID(t, p, "task 0.2")},
		{Action: releaseplan.Reassign, Task: bID(t, p, "task 0.1"), Assignee: &penstock.Party{ID: "bob"}},
	} {
		next, _, err := p.Do(c, bAnn, bNoon)
		if err != nil {
			t.Fatalf("%s: %v", c.Action, err)
		}
		for _, v := range next.Tasks() { // and on, on what they share
			if v.State == releaseplan.TaskRunning {
				bTask(t, next, releaseplan.Abort, v.Name, bNoon)
			}
		}
		if diff := cmp.Diff(string(before), string(bExport(t, p))); diff != "" {
			t.Errorf("%s changed the plan that it was asked of: %s", c.Action, diff)
		}
		if diff := cmp.Diff(tasks, p.Tasks()); diff != "" {
			t.Errorf("%s changed tasks of the plan that it was asked of: %s", c.Action, diff)
		}
	}
}
