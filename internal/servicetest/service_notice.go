package servicetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/noticetest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

func (on suite) testNoticesAreCommittedWithWhatTheyTellOf(t *testing.T) {
	w := on.noticeWorld(t)
	p := w.create(noticetest.ListenToAll(planOf(manualPhase("deploy"))))
	if told := w.announced(); len(told) != 0 {
		t.Errorf("a draft tells %v", told)
	}
	p = w.act(p.ID(), releaseplan.Execute)
	p = w.do(p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})

	trail, err := w.plans.History(t.Context(), p.ID(), 0, 0, ann)
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
	told := noticetest.Read(t, got)
	for i := range got {
		got[i].Body, got[i].Position, got[i].Name = nil, 0, ""
	}
	if diff := cmp.Diff(wantTold, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	titles := []string{"Plan P started", `Phase "phase" of plan P started`, `Phase "phase" of plan P waits for somebody`, `Task "deploy" of plan P waits to be done`,
		`Task "deploy" of plan P finished`, `Phase "phase" of plan P finished`, "Plan P finished"}
	for i := range titles {
		titles[i] = noticetest.Named(titles[i])
	}
	if diff := cmp.Diff(titles, noticetest.Titles(told)); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
	if trail[len(trail)-1].Seq != 6 || p.Status().Changes != 6 {
		t.Errorf("notices count as changes: %v", trail)
	}
}

func (on suite) testNoticeTellsProgramsAndPeople(t *testing.T) {
	w := on.noticeWorld(t)
	p := w.create(planOf(manualPhase("deploy")))
	w.act(p.ID(), releaseplan.Execute)
	task := p.Tasks()[0]
	for _, c := range []releaseplan.Command{{Action: releaseplan.Start}, {Action: releaseplan.Fail, Remark: "no\nspace\x1bleft"}} {
		c.Task = task.ID
		if _, err := w.plans.Do(t.Context(), p.ID(), c, ann); err != nil {
			t.Fatal(err)
		}
	}
	n := noticetest.Read(t, w.announced())[0]
	want := releaseplan.NoticeData{
		Plan:  releaseplan.NoticePlan{ID: p.ID(), Number: 1, Name: "Checkout 2.4", State: releaseplan.Running},
		Tasks: []releaseplan.NoticePart{{ID: task.ID, Number: task.Number, Name: "deploy", Phase: p.Content().Phases[0].ID}},
		Event: releaseplan.EventFailed, At: noon, By: penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann"}, Remark: "no space left",
	}
	if diff := cmp.Diff(want, n.Facts); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	text := "Plan: Checkout 2.4 (number 1) is running\nPhase: phase (number 2)\nTask: deploy (number 3)\nBy: Ann\nAt: 2026-11-20T12:00:00Z\nRemark: no space left\n"
	if diff := cmp.Diff(text, n.Text); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if want := noticetest.Named(`Task "deploy" of plan P failed: no space left`); n.Title != want {
		t.Errorf("title %q, want %q", n.Title, want)
	}
}

// What does not happen is not told, and what happens is told once.
func (on suite) testNoticesAreNotMadeTwice(t *testing.T) {
	w := on.noticeWorld(t)
	c := noticetest.ListenToAll(planOf(manualPhase("deploy")))
	c.Window = &releaseplan.Window{Start: noon, End: noon.Add(time.Hour)}
	p := w.create(c)
	execute := releaseplan.Command{Action: releaseplan.Execute, Key: "once"}
	w.do(p.ID(), execute)
	told := len(w.announced())
	w.do(p.ID(), execute) // the same answer
	if _, err := w.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("executed twice: %v", err)
	}
	if _, err := w.plans.Duplicate(t.Context(), p.ID(), releaseplan.Copy{}, ann); err != nil {
		t.Fatal(err)
	}
	if _, err := w.plans.Export(t.Context(), p.ID(), ann); err != nil {
		t.Fatal(err)
	}
	if got := len(w.announced()); got != told || told == 0 {
		t.Errorf("%d announcements, then %d", told, got)
	}

	w.now = w.now.Add(2 * time.Hour) // it expires in the commit that deletes it
	if err := w.plans.Delete(t.Context(), p.ID(), ann); err != nil {
		t.Fatal(err)
	}
	titles := noticetest.Titles(noticetest.Read(t, w.announced()[told:]))
	want := []string{noticetest.Named("Plan P expired"), noticetest.Named(`Phase "phase" of plan P expired`), noticetest.Named(`Task "deploy" of plan P expired`)}
	if diff := cmp.Diff(want, titles); diff != "" {
		t.Errorf("told by the end (-want +got):\n%s", diff)
	}
}

// A plan that is filed too late for its schedule says so at once.
func (on suite) testScheduleMissedFromTheBeginningIsTold(t *testing.T) {
	w := on.noticeWorld(t)
	c := planOf(manualPhase("deploy"))
	c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: noon.Add(-time.Hour)}
	w.create(c)
	if titles := noticetest.Titles(noticetest.Read(t, w.announced())); !slices.Equal(titles, []string{noticetest.Named("Plan P missed its schedule: the plan was draft")}) {
		t.Errorf("told: %q", titles)
	}
}

func (on suite) testNoticesHoldNoSecrets(t *testing.T) {
	w := on.noticeWorld(t)
	c := noticetest.ListenToAll(planOf(manualPhase("deploy")))
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
	if n := len(noticetest.Read(t, w.announced())); n < 6 {
		t.Errorf("only %d notices", n)
	}
}

// The largest plan is told of in one commit, whoever listens.
func (on suite) testNoticesOfTheLargestPlanFitIntoACommit(t *testing.T) {
	listener := func(e releaseplan.Event, i int) releaseplan.Listener {
		return releaseplan.Listener{Event: e, Recipients: []penstock.Party{{ID: fmt.Sprint("u", i), Name: strings.Repeat("<", 20)}}}
	}
	c := releaseplan.Content{}
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
	c.Window = &releaseplan.Window{Start: noon, End: noon.Add(time.Hour)}
	w := on.noticeWorld(t)
	p := w.create(c)
	w.act(p.ID(), releaseplan.Execute)
	w.now = w.now.Add(2 * time.Hour)
	w.do(p.ID(), releaseplan.Command{Action: releaseplan.Cancel, Remark: strings.Repeat("<", releaseplan.MaxRemark)})

	hears, tasks := make(map[string]map[string]bool), make(map[string]int)
	for _, n := range noticetest.Read(t, w.announced()) {
		if n.On() == "task" {
			tasks[n.Event] += len(n.Facts.Tasks) + n.Facts.More
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
