package plantest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
)

// t is that of the test in which each of these examples would stand.
var t = new(exampleT)

// An exampleT is a test whose failures are printed: the last line of each.
type exampleT struct{ testing.TB }

func (*exampleT) Helper()                      {}
func (*exampleT) Context() context.Context     { return context.Background() }
func (*exampleT) Fatalf(f string, args ...any) { t.Errorf(f, args...) }
func (*exampleT) Errorf(f string, args ...any) {
	lines := strings.Split(strings.TrimSpace(fmt.Sprintf(f, args...)), "\n")
	fmt.Println(lines[len(lines)-1])
}

// A test begins where it is about something, and not with all that leads there.
func ExampleIn() {
	p := plantest.In(t, releaseplan.AwaitingApproval, plantest.Approval(2))
	for _, by := range plantest.Approvers() {
		next, changes, err := p.Do(releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}, by, plantest.Start())
		fmt.Println(changes, err)
		p = next
	}
	// Output:
	// [plan vote: approve by Bob] <nil>
	// [plan vote: approve by Cleo plan awaiting approval → approved] <nil>
	// [] cannot vote while approved (can cancel, execute, reopen)
}

// What the state is not about can be anything.
func ExampleContent() {
	p := plantest.In(t, releaseplan.Running, plantest.Of(plantest.Content(
		plantest.Named("Search 7"),
		plantest.Phase(releaseplan.Parallel, plantest.Task("build", "ci"), plantest.Task("docs", releaseplan.Manual)),
		plantest.Phase(releaseplan.Sequential, plantest.Task("deploy", "deploy"), plantest.Waiting("soak", time.Hour)),
	)))
	for _, task := range p.Tasks() {
		fmt.Println(task.Name, task.State)
	}
	// Output:
	// build ready
	// docs ready
	// deploy waiting
	// soak waiting
}

// A seed makes the same walk each time; what it does is what people might do.
func ExampleWalk() {
	p, trail := plantest.Lived(t, releaseplan.Running)
	done, refused := 0, 0
	for s := range (plantest.Walker{Steps: 200}).Walk(4, p, trail...) {
		if err := plantest.CheckStep(s); err != nil {
			fmt.Println(s, err)
		}
		if s.Err != nil {
			refused++
		} else {
			done++
		}
	}
	fmt.Println(done > 20, refused > 20)
	// Output:
	// true true
}

// Two plans are told apart by their members.
func ExampleComparers() {
	one, two := plantest.Content(plantest.Gates()), plantest.Content(plantest.Gates(releaseplan.GateFinalize, releaseplan.GateExecute, releaseplan.GateComplete))
	fmt.Println(cmp.Equal(one, two, plantest.Comparers()...))
	fmt.Println(cmp.Equal(plantest.In(t, releaseplan.Paused), plantest.In(t, releaseplan.Failed), plantest.Comparers()...))
	// Output:
	// true
	// false
}
