package releaseplan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// A noticeWorld is a Service over a store, with a clock.
type noticeWorld struct {
	testing.TB
	store store.Store
	plans *releaseplan.Service
	now   time.Time
}

func newNoticeWorld(t testing.TB) *noticeWorld {
	w := &noticeWorld{TB: t, store: memory.New(), now: aStart}
	w.plans = releaseplan.New(releaseplan.Config{Store: w.store, Now: func() time.Time { return w.now }})
	return w
}

func (w *noticeWorld) create(c releaseplan.Content) *releaseplan.Plan {
	w.Helper()
	c.Name = "Checkout 2.4"
	p, err := w.plans.Create(w.Context(), c, aAnn)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *noticeWorld) do(id string, c releaseplan.Command) *releaseplan.Plan {
	w.Helper()
	p, err := w.plans.Do(w.Context(), id, c, aAnn)
	if err != nil {
		w.Fatalf("%s: %v", c.Action, err)
	}
	return p
}

func (w *noticeWorld) act(id string, actions ...releaseplan.Action) (p *releaseplan.Plan) {
	w.Helper()
	for _, a := range actions {
		p = w.do(id, releaseplan.Command{Action: a})
	}
	return p
}

// announced returns the events of the log that carry notices.
func (w *noticeWorld) announced() (all []store.Event) {
	w.Helper()
	var after int64
	for {
		page, err := w.store.Events(w.Context(), store.EventQuery{Kind: outbox.KindNotice, After: after})
		if err != nil {
			w.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all, after = append(all, page...), page[len(page)-1].Position
	}
}

func TestNoticesAreCommittedWithWhatTheyTellOf(t *testing.T) {
	t.Parallel()
	w := newNoticeWorld(t)
	p := w.create(noticeAll(aContent(aPhase(releaseplan.Sequential, "deploy!"))))
	if told := w.announced(); len(told) != 0 {
		t.Errorf("a draft tells %v", told)
	}
	p = w.act(p.ID(), releaseplan.Execute)
	p = w.do(p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})

	trail, err := w.plans.History(t.Context(), p.ID(), 0, 0, aAnn)
	if err != nil {
		t.Fatal(err)
	}
	var want []store.Event
	for _, e := range trail {
		want = append(want, store.Event{Subject: store.Key{Kind: "plan", ID: p.ID()}, Seq: e.Seq, At: e.At})
	}
	wantTold := []store.Event{want[2], want[3], want[5]} // running, done, completed
	for i := range wantTold {
		wantTold[i].Subject = outbox.NoticeSubject(store.Key{Kind: "plan", ID: p.ID()})
	}
	got := w.announced()
	told := noticesIn(t, got)
	for i := range got {
		got[i].Body, got[i].Position, got[i].Name = nil, 0, ""
	}
	if diff := cmp.Diff(wantTold, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	titles := []string{"Plan P started", `Phase "phase" of plan P started`, `Phase "phase" of plan P waits for somebody`, `Task "deploy" of plan P waits to be done`,
		`Task "deploy" of plan P finished`, `Phase "phase" of plan P finished`, "Plan P finished"}
	for i := range titles {
		titles[i] = noticeNamed(titles[i])
	}
	if diff := cmp.Diff(titles, noticeTitles(told)); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
	if trail[len(trail)-1].Seq != 6 || p.Status().Changes != 6 {
		t.Errorf("notices count as changes: %v", trail)
	}
}

func TestNoticeTellsProgramsAndPeople(t *testing.T) {
	t.Parallel()
	w := newNoticeWorld(t)
	p := w.create(aContent(aPhase(releaseplan.Sequential, "deploy!")))
	w.act(p.ID(), releaseplan.Execute)
	task := p.Tasks()[0]
	ann := penstock.Actor{ID: "ann", Name: "Ann"}
	for _, c := range []releaseplan.Command{{Action: releaseplan.Start}, {Action: releaseplan.Fail, Remark: "no\nspace\x1bleft"}} {
		c.Task = task.ID
		if _, err := w.plans.Do(t.Context(), p.ID(), c, ann); err != nil {
			t.Fatal(err)
		}
	}
	n := noticesIn(t, w.announced())[0]
	want := releaseplan.NoticeData{
		Plan:  releaseplan.NoticePlan{ID: p.ID(), Number: 1, Name: "Checkout 2.4", State: releaseplan.Running},
		Tasks: []releaseplan.NoticePart{{ID: task.ID, Number: task.Number, Name: "deploy", Phase: p.Content().Phases[0].ID}},
		Event: releaseplan.EventFailed, At: aStart, By: penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann"}, Remark: "no space left",
	}
	if diff := cmp.Diff(want, n.data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	text := "Plan: Checkout 2.4 (number 1) is running\nPhase: phase (number 2)\nTask: deploy (number 3)\nBy: Ann\nAt: 2026-05-04T09:00:00Z\nRemark: no space left\n"
	if diff := cmp.Diff(text, n.Text); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if want := noticeNamed(`Task "deploy" of plan P failed: no space left`); n.Title != want {
		t.Errorf("title %q, want %q", n.Title, want)
	}
}

// What does not happen is not told, and what happens is told once.
func TestNoticesAreNotMadeTwice(t *testing.T) {
	t.Parallel()
	w := newNoticeWorld(t)
	c := noticeAll(aContent(aPhase(releaseplan.Sequential, "deploy!")))
	c.Window = aWindow(0, time.Hour)
	p := w.create(c)
	execute := releaseplan.Command{Action: releaseplan.Execute, Key: "once"}
	w.do(p.ID(), execute)
	told := len(w.announced())
	w.do(p.ID(), execute) // the same answer
	if _, err := w.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, aAnn); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("executed twice: %v", err)
	}
	if _, err := w.plans.Duplicate(t.Context(), p.ID(), releaseplan.Copy{}, aAnn); err != nil {
		t.Fatal(err)
	}
	if _, err := w.plans.Export(t.Context(), p.ID(), aAnn); err != nil {
		t.Fatal(err)
	}
	if got := len(w.announced()); got != told || told == 0 {
		t.Errorf("%d announcements, then %d", told, got)
	}

	w.now = w.now.Add(2 * time.Hour) // it expires in the commit that deletes it
	if err := w.plans.Delete(t.Context(), p.ID(), aAnn); err != nil {
		t.Fatal(err)
	}
	titles := noticeTitles(noticesIn(t, w.announced()[told:]))
	want := []string{noticeNamed("Plan P expired"), noticeNamed(`Phase "phase" of plan P expired`), noticeNamed(`Task "deploy" of plan P expired`)}
	if diff := cmp.Diff(want, titles); diff != "" {
		t.Errorf("told by the end (-want +got):\n%s", diff)
	}
}

// A plan that is filed too late for its schedule says so at once.
func TestScheduleMissedFromTheBeginningIsTold(t *testing.T) {
	t.Parallel()
	w := newNoticeWorld(t)
	c := aContent(aPhase(releaseplan.Sequential, "deploy"))
	c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: aStart.Add(-time.Hour)}
	w.create(c)
	if titles := noticeTitles(noticesIn(t, w.announced())); !slices.Equal(titles, []string{noticeNamed("Plan P missed its schedule: the plan was draft")}) {
		t.Errorf("told: %q", titles)
	}
}

func TestNoticesHoldNoSecrets(t *testing.T) {
	t.Parallel()
	w := newNoticeWorld(t)
	c := noticeAll(aContent(aPhase(releaseplan.Sequential, "deploy!")))
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush-hush"}}
	c.Gates = []releaseplan.Gate{{On: releaseplan.GateFinalize}, {On: releaseplan.GateExecute}}
	p := w.create(c)
	var codes []string
	for _, a := range []releaseplan.Action{releaseplan.Finalize, releaseplan.Execute} {
		p = w.act(p.ID(), a)
		code := p.Status().Gate.Code
		codes = append(codes, code)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.AnswerGate, Code: code, Answer: releaseplan.GatePass})
	}
	w.act(p.ID(), releaseplan.Cancel)
	for _, e := range w.announced() {
		for _, secret := range append(codes, "hush-hush") {
			if secret == "" || strings.Contains(string(e.Body), secret) {
				t.Errorf("%q is told: %s", secret, e.Body)
			}
		}
	}
	if n := len(noticesIn(t, w.announced())); n < 6 {
		t.Errorf("only %d notices", n)
	}
}

// The largest plan is told of in one commit, whoever listens.
func TestNoticesOfTheLargestPlanFitIntoACommit(t *testing.T) {
	t.Parallel()
	listener := func(e releaseplan.Event, i int) releaseplan.Listener {
		return releaseplan.Listener{Event: e, Recipients: []penstock.Party{{ID: fmt.Sprint("u", i), Name: strings.Repeat("<", 20)}}}
	}
	c := aContent()
	for i := range 10 {
		phase := releaseplan.Phase{Name: strings.Repeat("<", releaseplan.MaxName), Kind: releaseplan.Parallel}
		for j := range releaseplan.MaxTasks / 10 {
			n := i*1000 + j
			phase.Tasks = append(phase.Tasks, releaseplan.Task{Name: strings.Repeat("<", 50), Listeners: []releaseplan.Listener{
				listener(releaseplan.EventCanceled, n), listener(releaseplan.EventExpired, 0)}})
		}
		c.Phases = append(c.Phases, phase)
	}
	for range releaseplan.MaxListeners {
		l := releaseplan.Listener{Event: releaseplan.EventCanceled}
		for j := range 50 {
			l.Recipients = append(l.Recipients, penstock.UserParty(fmt.Sprint("v", j)))
		}
		c.Listeners = append(c.Listeners, l)
	}
	c.Window = aWindow(0, time.Hour)
	w := newNoticeWorld(t)
	p := w.create(c)
	w.act(p.ID(), releaseplan.Execute)
	w.now = w.now.Add(2 * time.Hour)
	w.do(p.ID(), releaseplan.Command{Action: releaseplan.Cancel, Remark: strings.Repeat("<", releaseplan.MaxRemark)})

	hears, tasks := make(map[string]map[string]bool), make(map[string]int)
	for _, n := range noticesIn(t, w.announced()) {
		if n.on() == "task" {
			tasks[n.Event] += len(n.data.Tasks) + n.data.More
		}
		if len(n.Title)+len(n.Text)+len(n.Data) > 64<<10 {
			t.Errorf("%q says too much: %d bytes", n.Title, len(n.Title)+len(n.Text)+len(n.Data))
		}
		for _, to := range n.Recipients {
			if hears[n.Event] == nil {
				hears[n.Event] = make(map[string]bool)
			}
			hears[n.Event][to.Key()] = true
		}
	}
	if tasks["expired"] != releaseplan.MaxTasks || tasks["canceled"] != releaseplan.MaxTasks {
		t.Errorf("told of tasks: %v", tasks)
	}
	if len(hears["expired"]) != 2 || len(hears["canceled"]) != releaseplan.MaxTasks+50 { // of the first, all listen to the same; the owner hears, too
		t.Errorf("%d hear that it expired, %d that it was canceled", len(hears["expired"]), len(hears["canceled"]))
	}
}

// Those who are told with all who are left are told of the same tasks.
func TestWhatIsTooMuchIsToldInOneNotice(t *testing.T) {
	t.Parallel()
	c := aContent(releaseplan.Phase{Name: "phase"})
	const extra = 5
	for i := range releaseplan.MaxNotices + extra {
		c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "t", Listeners: []releaseplan.Listener{
			{Event: releaseplan.EventCanceled, Recipients: []penstock.Party{penstock.UserParty(fmt.Sprint(i)), penstock.UserParty("ops")}}}})
	}
	a := aNew(t, c)
	before := a.p
	a.act(releaseplan.Cancel)
	told := a.told(before)
	if len(told) != releaseplan.MaxNotices+1 {
		t.Fatalf("%d notices", len(told))
	}
	last := told[releaseplan.MaxNotices]
	if len(last.data.Tasks) != extra || len(last.Recipients) != extra+1 || last.Title != noticeNamed("5 tasks of plan P were canceled") {
		t.Errorf("%q tells %v of %d tasks", last.Title, noticeTo(last), len(last.data.Tasks))
	}
	if first := told[0]; len(first.data.Tasks) != 1 || !slices.Equal(noticeTo(first), []string{"user:0", "user:ops"}) {
		t.Errorf("%q tells %v", first.Title, noticeTo(first))
	}
}

// A plan to which nobody listens pays nothing for those who could.
func TestNobodyListensAndNothingIsAllocated(t *testing.T) {
	off := false
	c := aContent(aPhase(releaseplan.Parallel, "deploy", "smoke"))
	a := aNew(t, c)
	before := a.p
	a.act(releaseplan.Execute).lease("deploy").on(releaseplan.Complete, "deploy")
	quiet := aNew(t, releaseplan.Content{NotifyOwnerOnError: &off, Phases: c.Phases})
	quietBefore := quiet.p
	quiet.act(releaseplan.Execute).lease("deploy").on(releaseplan.Fail, "deploy")
	for name, f := range map[string]func() ([]store.Event, error){
		"nothing failed": func() ([]store.Event, error) { return releaseplan.Notices(before, a.p, a.trail[1:]) },
		"no notices":     func() ([]store.Event, error) { return releaseplan.Notices(quietBefore, quiet.p, quiet.trail[1:]) },
	} {
		if n := testing.AllocsPerRun(100, func() {
			if events, err := f(); err != nil || events != nil {
				t.Error(events, err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestNoticeDataIsPlainJSON(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "deploy")))
	before := a.p
	a.act(releaseplan.Execute).lease("deploy").on(releaseplan.Fail, "deploy")
	var fields map[string]any
	if err := json.Unmarshal(a.told(before)[1].Data, &fields); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"at": "2026-05-04T09:00:00Z", "by": map[string]any{"id": "system"}, "event": "failed",
		"plan": map[string]any{"id": "p1", "name": "Checkout 2.4", "number": 7.0, "state": "failed"}}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}
