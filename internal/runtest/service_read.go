package runtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func (on suite) testRunsAreShownToWhoMayReadThem(t *testing.T) {
	p := on.plant(t, workflow.Config{Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "ann" || on.Project == "open" && right == penstock.Read {
			return nil
		}
		return &penstock.ForbiddenError{Right: right, On: on}
	}})
	p.define(oneByOne("build", "a"))
	open := oneByOne("open", "a")
	open.Project = "open"
	p.define(open)
	id := p.start("build", workflow.Start{}).ID()
	shown := p.start("open", workflow.Start{}).ID()
	bob := penstock.Actor{ID: "bob"}
	calls := map[string]func(id string) error{
		"get":     func(id string) error { _, err := p.Get(p.ctx, id, bob); return err },
		"can":     func(id string) error { _, err := p.Can(p.ctx, id, bob); return err },
		"outputs": func(id string) error { _, err := p.Outputs(p.ctx, id, bob); return err },
		"history": func(id string) error { _, err := p.History(p.ctx, id, 0, 0, bob); return err },
		"log":     func(id string) error { _, err := p.ReadLog(p.ctx, id, "a", 0, bob); return err },
		"comment": func(id string) error {
			_, err := p.Do(p.ctx, id, workflow.Command{Action: workflow.Comment, Remark: "x"}, bob)
			return err
		},
	}
	for name, call := range calls {
		if err := call(id); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
		if err := call(shown); err != nil {
			t.Errorf("%s of what may be read: %v", name, err)
		}
	}
	for name, call := range map[string]func() error{
		"start":    func() error { _, err := p.Start(p.ctx, "open", workflow.Start{}, bob); return err },
		"start as": func() error { _, err := p.StartAs(p.ctx, id, "build", workflow.Start{}, bob); return err },
		"clone":    func() error { _, err := p.Clone(p.ctx, shown, bob); return err },
		"cancel": func() error {
			_, err := p.Do(p.ctx, shown, workflow.Command{Action: workflow.CancelRun}, bob)
			return err
		},
		"follow": func() error {
			for _, err := range p.Follow(p.ctx, id, 0, bob) {
				return err
			}
			return nil
		},
	} {
		if err := call(); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, err := p.List(p.ctx, workflow.RunFilter{}, bob)
	if err != nil {
		t.Fatal(err)
	}
	if list.Total != 1 || len(list.Items) != 1 || list.Items[0].ID != shown {
		t.Errorf("bob is shown %+v", list)
	}
	if _, err := p.Do(p.ctx, id, workflow.Command{Action: workflow.Admit}, penstock.System()); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("the library's own actor: %v", err)
	}
}

func (on suite) testListSelects(t *testing.T) {
	p := on.plant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	p.define(oneByOne("deploy", "a"))
	first := p.start("build", workflow.Start{}).ID()
	second := p.start("deploy", workflow.Start{}).ID()
	third := p.start("build", workflow.Start{}).ID()
	p.do(first, workflow.Command{Action: workflow.CancelRun})
	for name, c := range map[string]struct {
		f    workflow.RunFilter
		want []string
	}{
		"all":         {workflow.RunFilter{}, []string{third, second, first}},
		"of one":      {workflow.RunFilter{Workflow: "build"}, []string{third, first}},
		"by state":    {workflow.RunFilter{States: []workflow.RunState{workflow.RunCanceled}}, []string{first}},
		"by creator":  {workflow.RunFilter{Creator: "bob"}, nil},
		"of project":  {workflow.RunFilter{Project: "shop", Page: penstock.Page{Offset: 1, Limit: 1}}, []string{second}},
		"of no place": {workflow.RunFilter{Project: "none"}, nil},
	} {
		list, err := p.List(p.ctx, c.f, ann)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range list.Items {
			got = append(got, r.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
	if _, err := p.List(p.ctx, workflow.RunFilter{States: []workflow.RunState{"odd"}, Page: penstock.Page{Limit: -1}}, ann); len(penstock.Faults(err)) != 2 {
		t.Errorf("a bad filter: %v", err)
	}
	r, err := p.GetByNumber(p.ctx, "build", 2, ann)
	if err != nil || r.ID() != third {
		t.Errorf("number 2 is %v, %v", r, err)
	}
	if _, err := p.GetByNumber(p.ctx, "build", 3, ann); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("number 3: %v", err)
	}
}

func (on suite) testRunsAreReadAsTheyWere(t *testing.T) {
	shared := on.open(t)
	p := on.plant(t, workflow.Config{Store: shared})
	d := threeByTwo()
	d.Params = []workflow.Param{{Name: "env", Type: workflow.StringParam, Default: "test"}}
	p.define(d)
	id := p.start("build", workflow.Start{Remark: "why", Params: []workflow.Argument{{Name: "env", Value: "prod"}},
		Inputs: []workflow.JobInput{{Job: "j0-1", Skip: new(true)}}}).ID()
	var changes []workflow.Change
	entries, err := p.History(p.ctx, id, 0, 0, ann)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			t.Errorf("entry %d has number %d", i, e.Seq)
		}
		changes = append(changes, e.Change)
	}
	fresh := on.plant(t, workflow.Config{Store: shared})
	was, is := p.get(id), fresh.get(id)
	if a, b := fmt.Sprintf("%+v", was.Status()), fmt.Sprintf("%+v", is.Status()); a != b {
		t.Errorf("it was\n%s\nand is\n%s", a, b)
	}
	if len(is.Stages()[0].Jobs) != 1 {
		t.Error("the inputs were forgotten")
	}
	if int64(len(changes)) != is.Status().Changes {
		t.Errorf("%d changes of %d are in the trail", len(changes), is.Status().Changes)
	}
}
