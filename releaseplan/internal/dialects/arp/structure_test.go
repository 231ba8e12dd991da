package arp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// A shape is a plan under construction: what its phases and tasks are called, and their numbers.
type shape struct {
	*fixture
	base    string
	numbers map[string]int64
}

// newShape makes a plan of "P(A B C) Q(D)".
func newShape(t *testing.T, text string) *shape {
	t.Helper()
	s := &shape{fixture: newFixture(t), numbers: make(map[string]int64)}
	a := s.post("/plans", body(`"name": "p"`)).Want(http.StatusCreated)
	s.base = fmt.Sprintf("/plans/%d", number(a.Get("id")))
	for part := range strings.SplitSeq(text, ") ") {
		name, tasks, _ := strings.Cut(strings.TrimSuffix(part, ")"), "(")
		s.add("/phases", fmt.Sprintf(`{"name": %q}`, name))
		for task := range strings.FieldsSeq(tasks) {
			s.add(s.phase(name)+"/tasks", fmt.Sprintf(`{"name": %q}`, task))
		}
	}
	if got := s.String(); got != text {
		t.Fatalf("the plan is %s, want %s", got, text)
	}
	return s
}

func (s *shape) phase(name string) string { return fmt.Sprintf("/phases/%d", s.numbers[name]) }
func (s *shape) task(name string) string  { return fmt.Sprintf("/tasks/%d", s.numbers[name]) }

// add adds a phase or task.
func (s *shape) add(path, body string) *check.Answer {
	s.t.Helper()
	a := s.post(s.base+path, body).Want(http.StatusCreated)
	name, _ := a.Get("name").(string)
	s.numbers[name] = number(a.Get("id"))
	return a
}

// String tells the phases and tasks in order.
func (s *shape) String() string {
	s.t.Helper()
	var plan struct {
		Phases []struct {
			Name  string
			Tasks []struct{ Name string }
		}
	}
	s.get(s.base).Want(http.StatusOK).Into(&plan)
	all := make([]string, len(plan.Phases))
	for i, p := range plan.Phases {
		tasks := make([]string, len(p.Tasks))
		for j, t := range p.Tasks {
			tasks[j] = t.Name
		}
		all[i] = p.Name + "(" + strings.Join(tasks, " ") + ")"
	}
	return strings.Join(all, " ")
}

// want fails the test unless the plan has a shape.
func (s *shape) want(text string) {
	s.t.Helper()
	if got := s.String(); got != text {
		s.t.Errorf("the plan is %s, want %s", got, text)
	}
}

// TestTheStructureOfAPlan: phases and tasks are added, moved and deleted where they are meant.
func TestTheStructureOfAPlan(t *testing.T) {
	s := newShape(t, "P(A B C) Q(D)")
	ids := s.numbers
	s.add("/phases", `{"name": "R", "position": 1}`)
	s.want("R() P(A B C) Q(D)")
	s.add("/phases", `{"name": "S", "position": 4}`)
	s.want("R() P(A B C) Q(D) S()")
	s.add(s.phase("P")+"/tasks", `{"name": "E", "position": 2}`)
	s.want("R() P(A E B C) Q(D) S()")
	s.add(s.phase("P")+"/tasks", `{"name": "F", "position": 5}`)
	s.want("R() P(A E B C F) Q(D) S()")
	s.post(s.base+s.phase("R")+"/reorder", `{"position": 3}`).Want(http.StatusOK)
	s.want("P(A E B C F) Q(D) R() S()")
	s.post(s.base+s.phase("S")+"/reorder", `{"position": 1}`).Want(http.StatusOK)
	s.want("S() P(A E B C F) Q(D) R()")
	s.untouched(func() { s.post(s.base+s.phase("P")+"/reorder", `{"position": 2}`).Want(http.StatusOK) })
	s.post(s.base+s.task("A")+"/reorder", `{"position": 5}`).Want(http.StatusOK)
	s.want("S() P(E B C F A) Q(D) R()")
	s.post(s.base+s.task("F")+"/reorder", `{"position": 1}`).Want(http.StatusOK)
	s.want("S() P(F E B C A) Q(D) R()")
	a := s.post(s.base+s.task("B")+"/reorder", fmt.Sprintf(`{"phase": %d, "position": 2}`, ids["Q"])).Want(http.StatusOK)
	s.want("S() P(F E C A) Q(D B) R()")
	if a.Get("phase.name") != "Q" || number(a.Get("id")) != ids["B"] {
		t.Errorf("%s", a.Body)
	}
	s.post(s.base+s.task("C")+"/reorder", fmt.Sprintf(`{"phase": %d, "position": 1}`, ids["R"])).Want(http.StatusOK)
	s.want("S() P(F E A) Q(D B) R(C)")
	s.del(s.base+s.task("E")).Want(http.StatusOK, "object was deleted successfully.")
	s.want("S() P(F A) Q(D B) R(C)")
	s.del(s.base+s.phase("S")).Want(http.StatusOK, "object was deleted successfully.")
	s.del(s.base+s.phase("Q")).Want(http.StatusOK, "object was deleted successfully.")
	s.want("P(F A) R(C)")
	refused(t, s.get(s.base+s.task("D")), http.StatusNotFound, 134541, fmt.Sprintf("Object with id '%d' does not exist.", ids["D"]))
	refused(t, s.del(s.base+s.phase("Q")), http.StatusNotFound, 134541, fmt.Sprintf("Object with id '%d' does not exist.", ids["Q"]))
	for _, name := range []string{"A", "C"} { // what was moved is the same as before
		if got := s.get(s.base + s.task(name)).Want(http.StatusOK).Get("name"); got != name {
			t.Errorf("task %d is %v, want %s", ids[name], got, name)
		}
	}
}

// TestBadStructure: what does not fit changes nothing.
func TestBadStructure(t *testing.T) {
	s := newShape(t, "P(A B) Q(C)")
	s.post(s.base+s.task("C"), fmt.Sprintf(`{"needs": [%d]}`, s.numbers["B"])).Want(http.StatusOK)
	for _, row := range [][2]string{
		{"/phases", `{}`}, {"/phases", `{"name": ""}`}, {"/phases", `{"name": "x", "position": 0}`}, {"/phases", `{"name": "x", "position": 4}`}, {"/phases", `{"name": "x", "position": -1}`},
		{"/phases", `{"name": "x", "position": 1.5}`}, {"/phases", `{"name": "x", "position": "1"}`}, {"/phases", `{"name": "x", "type": "parallel"}`}, {"/phases", `{"name": "x", "type": "Free"}`},
		{"/phases", `{"name": "x", "tasks": []}`}, {"/phases", `{"name": "x", "owner": "nobody"}`}, {"/phases", `{"name": "x", "planned_time": {"duration": "P"}}`},
		{"/phases", `{"name": "x", "planned_time": {"duration": "-P1D"}}`}, {"/phases", `{"name": "x", "listeners": [{"event": "Never"}]}`},
		{s.phase("P"), `{"name": ""}`}, {s.phase("P"), `{"name": null}`}, {s.phase("P"), `{"id": 7}`}, {s.phase("P"), `{"status": "Completed"}`}, {s.phase("P"), `[]`},
		{s.phase("P") + "/reorder", `{}`}, {s.phase("P") + "/reorder", `{"position": 0}`}, {s.phase("P") + "/reorder", `{"position": 3}`}, {s.phase("P") + "/reorder", `{"position": 9223372036854775807}`},
		{s.phase("P") + "/reorder", `{"position": 2}`}, // C would come before what it needs
		{s.phase("P") + "/tasks", `{}`}, {s.phase("P") + "/tasks", `{"name": "x", "position": 4}`}, {s.phase("P") + "/tasks", `{"name": "x", "needs": [1]}`}, {s.phase("P") + "/tasks", `{"name": "x", "spec": []}`},
		{s.phase("P") + "/tasks", `{"name": "x", "type": "Wait"}`}, {s.phase("P") + "/tasks", `{"name": "x", "type": "Wait", "spec": {"for": "soon"}}`}, {s.phase("P") + "/tasks", `{"name": "x", "spec": {"a": 1, "a": 2}}`},
		{s.phase("P") + "/tasks", fmt.Sprintf(`{"name": "x", "needs": [%d]}`, s.numbers["C"])}, // of a later phase
		{s.phase("P") + "/tasks", `{"name": "x", "needs": ["A"]}`}, {s.phase("P") + "/tasks", `{"name": "x", "status": "Completed"}`},
		{s.task("A"), `{"name": ""}`}, {s.task("A"), fmt.Sprintf(`{"needs": [%d]}`, s.numbers["A"])}, {s.task("A"), `{"attempts": 7}`}, {s.task("A"), `{"disabled": "yes"}`},
		{s.task("B") + "/reorder", fmt.Sprintf(`{"phase": %d, "position": 2}`, s.numbers["Q"])}, // C needs it
		{s.task("A") + "/reorder", `{"phase": 999, "position": 1}`}, {s.task("A") + "/reorder", `{"position": 3}`}, {s.task("A") + "/reorder", `{"position": 0}`}, {s.task("A") + "/reorder", `{}`},
	} {
		t.Run(row[0]+row[1], func(t *testing.T) {
			s.untouched(func() { refused(t, s.post(s.base+row[0], row[1]), http.StatusBadRequest, 134541, "Invalid data") })
		})
	}
	s.untouched(func() {
		const needed = "object cannot be deleted because it is still referenced by another entity"
		refused(t, s.del(s.base+s.task("B")), http.StatusBadRequest, 134541, needed)
		refused(t, s.del(s.base+s.phase("P")), http.StatusBadRequest, 134541, needed)
	})
}

// TestPartsAreShownAsTheyWereWritten: every member of a phase and of a task.
func TestPartsAreShownAsTheyWereWritten(t *testing.T) {
	s := newShape(t, "P(A B)")
	a := s.add("/phases", `{"name": "Q", "description": "text", "owner": {"type": "UserGroup", "name": "OPS"}, "type": "Parallel", "planned_time": {"duration": "P2W"}, "listeners": [{"event": "Start", "recipients": ["2/ADM/ADM"]}]}`)
	for path, want := range map[string]string{
		"description": `"text"`, "type": `"Parallel"`, "planned_time.duration": `"P14D"`, "status": `"Draft"`, "tasks": `[]`,
		"owner": `{"name": "OPS", "display_name": "The operators", "is_active": true, "type": "UserGroup"}`,
	} {
		if diff := check.Diff(want, member(t, a, path)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
	spec := `{"for": "PT1H"}`
	b := s.add(s.phase("Q")+"/tasks", fmt.Sprintf(`{"name": "W", "description": "text", "owner": "2/ADM/ADM", "type": "Wait", "spec": %s, "needs": [%d, %d], "disabled": true,
		"planned_time": {"start": "2017-09-01T00:00:00Z", "duration": "PT90M"}, "listeners": [{"event": "Failure", "recipients": [{"id": 18004}, {"id": 18006}]}]}`, spec, s.numbers["A"], s.numbers["B"]))
	for path, want := range map[string]string{
		"type": `"Wait"`, "spec": spec, "disabled": `true`, "status": `"Disabled"`, "needs": fmt.Sprintf("[%d, %d]", s.numbers["A"], s.numbers["B"]),
		"planned_time": `{"start": "2017-09-01T00:00:00Z", "end": "2017-09-01T01:30:00Z", "duration": "PT1H30M"}`,
		"plan.name":    `"p"`, "phase": fmt.Sprintf(`{"id": %d, "name": "Q"}`, s.numbers["Q"]), "attempts": "0", "remark": `""`, "assignee": "null", "claimed_by": "null", "held": "false",
		"actual_time": `{"start": null, "end": null}`, "owner.name": `"2/ADM/ADM"`,
		"listeners": `[{"event": "Failure", "recipients": [{"name": "2/NONADMIN/ADM", "display_name": "NONADMIN/ADM", "is_active": true, "type": "User"}],
			"invalid_recipients": [{"name": "2/GONE/ADM", "display_name": "GONE/ADM", "is_active": false, "type": "User"}]}]`,
	} {
		if diff := check.Diff(want, member(t, b, path)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
	s.get(s.base+s.task("W")).Want(http.StatusOK, string(b.Body))
	s.get(s.base+s.phase("Q")).Want(http.StatusOK, member(t, s.get(s.base), "phases.1"))
	s.untouched(func() {
		for _, path := range []string{s.phase("P"), s.phase("Q"), s.task("A"), s.task("W")} {
			s.post(s.base+path, `{}`).Want(http.StatusOK)
		}
	})
	c := s.post(s.base+s.task("W"), `{"type": "Manual", "spec": null, "needs": [], "disabled": false, "listeners": []}`).Want(http.StatusOK)
	if c.Get("type") != "Manual" || c.Get("spec") != nil || member(t, c, "needs") != "[]" || c.Get("status") != "Draft" || c.Get("description") != "text" {
		t.Errorf("%s", c.Body)
	}
	t.Run("lists", func(t *testing.T) {
		whole := s.get(s.base)
		for _, kind := range []string{"phases", "tasks"} {
			all := s.get(s.base + "/" + kind).Want(http.StatusOK)
			first := s.get(s.base + "/" + kind + "?max_results=1").Want(http.StatusOK)
			last := s.get(s.base + "/" + kind + "?start_at=1").Want(http.StatusOK)
			beyond := s.get(s.base + "/" + kind + "?start_at=9223372036854775807").Want(http.StatusOK)
			if diff := check.Diff(member(t, all, "data.0"), member(t, first, "data.0")); diff != "" || first.Get("has_more") != true || last.Get("has_more") != false || member(t, beyond, "data") != "[]" {
				t.Errorf("%s: %s\n%s\n%s", diff, first.Body, last.Body, beyond.Body)
			}
			if kind == "phases" {
				if diff := check.Diff(member(t, whole, "phases"), member(t, all, "data")); diff != "" {
					t.Errorf("-plan +list:\n%s", diff)
				}
			}
			badParameter(t, s.get(s.base+"/"+kind+"?max_results=0"), "max_results", "0")
		}
	})
}

// TestThePartThatIsThroughStaysAsItIs: while a plan stands still, what comes after the last settled
// task can be changed, and nothing else; while it runs nothing can.
func TestThePartThatIsThroughStaysAsItIs(t *testing.T) {
	s := newShape(t, "P(A B) Q(C)")
	s.post(s.base+"/execute", nil).Want(http.StatusOK)
	s.post(s.base+s.task("A")+"/complete", nil).Want(http.StatusOK)
	edits := [][2]string{
		{"/phases", `{"name": "x"}`}, {s.phase("Q"), `{"name": "Q"}`}, {s.phase("Q") + "/tasks", `{"name": "y"}`}, {s.task("B"), `{"name": "B"}`}, {s.task("B") + "/reorder", `{"position": 2}`},
	}
	s.untouched(func() {
		for _, e := range append(edits, [2]string{"", `{"name": "new"}`}) {
			a := s.post(s.base+e[0], e[1]).Want(http.StatusBadRequest)
			if code := number(a.Get("code")); code != 100014 || !strings.HasSuffix(fmt.Sprint(a.Get("error")), "' in its current state Running.") {
				t.Errorf("%s: %s", e[0], a.Body)
			}
		}
		a := s.del(s.base + s.task("C")).Want(http.StatusBadRequest)
		if number(a.Get("code")) != 100014 {
			t.Errorf("%s", a.Body)
		}
	})
	paused := s.post(s.base+"/pause", nil).Want(http.StatusOK)
	for path, want := range map[string]string{
		"phases.0.actions": "edit add", "phases.0.tasks.0.actions": "", "phases.0.tasks.1.actions": "delete reorder edit skip hold claim assign",
		"phases.1.actions": "edit delete reorder add", "phases.1.tasks.0.actions": "delete reorder edit skip hold claim assign",
	} {
		if got := strings.Join(rels(paused.Get(path)), " "); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	s.untouched(func() {
		for _, e := range [][2]string{
			{s.task("A"), `{"name": "new"}`}, {s.task("A") + "/reorder", `{"position": 2}`}, {s.task("B") + "/reorder", `{"position": 1}`}, {s.phase("P") + "/reorder", `{"position": 2}`},
			{"/phases", `{"name": "x", "position": 1}`}, {s.phase("P") + "/tasks", `{"name": "x", "position": 1}`}, {s.task("C") + "/reorder", fmt.Sprintf(`{"phase": %d, "position": 1}`, s.numbers["P"])},
		} {
			s.post(s.base+e[0], e[1]).Want(http.StatusBadRequest)
		}
		s.del(s.base + s.task("A")).Want(http.StatusBadRequest)
		s.del(s.base + s.phase("P")).Want(http.StatusBadRequest)
	})
	s.add("/phases", `{"name": "R"}`)
	s.add(s.phase("P")+"/tasks", `{"name": "E", "position": 2}`)
	s.post(s.base+s.task("C")+"/reorder", fmt.Sprintf(`{"phase": %d, "position": 4}`, s.numbers["P"])).Want(http.StatusOK)
	s.del(s.base + s.phase("Q")).Want(http.StatusOK)
	s.del(s.base + s.task("B")).Want(http.StatusOK)
	s.want("P(A E C) R()")
	s.post(s.base+"/resume", nil).Want(http.StatusOK)
	s.post(s.base+s.task("E")+"/complete", nil).Want(http.StatusOK)
	a := s.post(s.base+s.task("C")+"/complete", nil).Want(http.StatusOK)
	if a.Get("status") != "Completed" || s.get(s.base).Get("status") != "Completed" {
		t.Errorf("%s", s.get(s.base).Body)
	}
}

// TestAFreePhaseStaysFree: it is shown as Parallel, and writing back what was shown changes nothing.
func TestAFreePhaseStaysFree(t *testing.T) {
	f := newFixture(t)
	p := f.plan(0, releaseplan.Content{Name: "p", Folder: penstock.Folder{ID: "default"}, Phases: onePhase(releaseplan.Free, "A")})
	phase := fmt.Sprintf("/phases/%d", p.Content().Phases[0].Number)
	f.untouched(func() { f.post(at(p, phase), `{"type": "Parallel", "name": "Phase"}`).Want(http.StatusOK) })
	f.post(at(p, phase), `{"type": "Sequential"}`).Want(http.StatusOK)
	if got := f.reload(p).Content().Phases[0].Kind; got != releaseplan.Sequential {
		t.Errorf("it is %s", got)
	}
}
