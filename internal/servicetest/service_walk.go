package servicetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// A walker makes a plan do random commands, each through a Service that has seen
// nothing, while the time goes on.
type walker struct {
	*testing.T
	suite suite
	dice  *rand.Rand
	now   time.Time
	store store.Store
	plan  *releaseplan.Plan
	done  int // commands that changed something
}

func (w *walker) service() *releaseplan.Service {
	return w.suite.service(w, releaseplan.Config{Store: w.store, CacheBytes: -1, Now: func() time.Time { return w.now }})
}

func (on suite) walk(t *testing.T, seed uint64) *walker {
	w := &walker{T: t, suite: on, dice: rand.New(rand.NewPCG(seed, 1)), now: noon, store: on.open(t)}
	c := contentOf("walk", 1, 3, releaseplan.Sequential)
	c.Phases = append(c.Phases, contentOf("", 1, 40, releaseplan.Parallel).Phases[0], contentOf("", 1, 3, releaseplan.Free).Phases[0])
	for j := range c.Phases[1].Tasks[:8] {
		task := &c.Phases[1].Tasks[j]
		task.Kind, task.Timeout = "deploy", penstock.FromTime(time.Hour)
		task.Retry = releaseplan.RetryPolicy{Max: 2, Delay: penstock.FromTime(10 * time.Minute), Backoff: 2}
	}
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}, {Name: "region", Value: "eu"}}
	if seed%2 == 0 {
		c.Approval = anyOf(penstock.UserParty("ann"), penstock.UserParty("bob"))
		c.Approval.TimeoutMinutes = 120
		c.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute, Timeout: penstock.FromTime(2 * time.Hour)}}
	}
	w.plan = create(t, w.service(), c)
	return w
}

// command makes up a command that may or may not be possible.
func (w *walker) command() releaseplan.Command {
	plans := []releaseplan.Action{releaseplan.Finalize, releaseplan.RequestApproval, releaseplan.Execute, releaseplan.Execute, releaseplan.Execute,
		releaseplan.Vote, releaseplan.AnswerGate, releaseplan.Pause, releaseplan.Resume, releaseplan.Recheck, releaseplan.Comment,
		releaseplan.Archive, releaseplan.Unarchive, releaseplan.SetVariables, releaseplan.Edit, releaseplan.Edit}
	tasks := []releaseplan.Action{releaseplan.Start, releaseplan.Start, releaseplan.Complete, releaseplan.Complete, releaseplan.Fail, releaseplan.Skip,
		releaseplan.Retry, releaseplan.Abort, releaseplan.Hold, releaseplan.Release, releaseplan.Claim, releaseplan.ReleaseClaim}
	if w.dice.IntN(60) == 0 {
		plans = []releaseplan.Action{releaseplan.Reopen}
	}
	if w.dice.IntN(3) > 0 {
		all := w.plan.Tasks()
		return releaseplan.Command{Action: tasks[w.dice.IntN(len(tasks))], Task: all[w.dice.IntN(min(len(all), 12))].ID, Remark: "because"}
	}
	c := releaseplan.Command{Action: plans[w.dice.IntN(len(plans))], Remark: "because", Vote: approval.Approve}
	switch gate := w.plan.Status().Gate; {
	case c.Action == releaseplan.SetVariables:
		c.Variables = []releaseplan.Variable{{Name: "token", Value: fmt.Sprint(w.dice.IntN(3))}}
	case c.Action == releaseplan.Edit:
		content := w.plan.Content()
		w.edit(&content)
		c.Content = &content
	case c.Action == releaseplan.AnswerGate && gate != nil:
		c.Code, c.Answer = gate.Code, []releaseplan.GateAnswer{releaseplan.GatePass, releaseplan.GateFail, releaseplan.GateProgress}[w.dice.IntN(3)]
	}
	return c
}

// edit changes something of the content, mostly at its end.
func (w *walker) edit(c *releaseplan.Content) {
	last := &c.Phases[len(c.Phases)-1]
	switch w.dice.IntN(7) {
	case 0:
		c.Description = fmt.Sprint(w.dice.Int())
	case 1:
		c.Labels = map[string]string{"team": fmt.Sprint(w.dice.IntN(3)), "tier": "1"}
	case 2:
		c.Phases = append(c.Phases, contentOf("", 1, 1+w.dice.IntN(40), releaseplan.Parallel).Phases[0])
	case 3:
		c.Phases = c.Phases[:max(2, len(c.Phases)-1)]
	case 4:
		last.Tasks = append(last.Tasks, releaseplan.Task{Name: "more"})
	case 5:
		last.Tasks = last.Tasks[:max(1, len(last.Tasks)-1)]
	default:
		last.Tasks[w.dice.IntN(len(last.Tasks))].Disabled = w.dice.IntN(2) == 0
	}
}

// allowed reports whether the plan says that it would take a command.
func (w *walker) allowed(c releaseplan.Command) bool {
	verdicts := w.plan.Can(ann, w.now)
	if c.Task != "" {
		var err error
		verdicts, err = w.plan.CanTask(c.Task, ann, w.now)
		must(w, verdicts, err)
	}
	return slices.ContainsFunc(verdicts, func(v releaseplan.Verdict) bool { return v.Action == c.Action && v.Allowed })
}

// step does one command.
func (w *walker) step() {
	w.Helper()
	w.now = w.now.Add(time.Duration(w.dice.IntN(15)) * time.Minute)
	before := exported(w, w.plan)
	c := w.command()
	for range 8 { // most commands that can be made up are refused: not all of the time
		if w.allowed(c) {
			break
		}
		c = w.command()
	}
	next, err := w.service().Do(w.Context(), w.plan.ID(), c, ann)
	switch {
	case err == nil:
		w.plan = next
		w.done++
	case !errors.Is(err, penstock.ErrRefused) && !errors.Is(err, penstock.ErrInvalid) && !errors.Is(err, penstock.ErrForbidden) && !errors.Is(err, penstock.ErrNotFound):
		w.Fatalf("%s: %v", c.Action, err)
	default:
		if diff := cmp.Diff(before, w.stored()); diff != "" {
			w.Fatalf("%s was refused with %v, but: %s", c.Action, err, diff)
		}
		return
	}
	if diff := cmp.Diff(exported(w, w.plan), w.stored()); diff != "" {
		w.Fatalf("%s: committed and loaded differ: %s", c.Action, diff)
	}
}

// stored returns the export of the plan by a Service that has seen nothing.
func (w *walker) stored() string {
	w.Helper()
	p, err := w.service().Get(w.Context(), w.plan.ID(), ann)
	return exported(w, must(w, p, err))
}

// Every plan that a Service loads is the one that was committed, and its trail
// makes it again.
func (on suite) testLoadedPlanIsTheCommittedPlan(t *testing.T) {
	states := make(map[releaseplan.State]int)
	for seed := range uint64(2) {
		w := on.walk(t, seed)
		for i := range 150 {
			w.step()
			states[w.plan.State()]++
			if i%50 == 49 {
				w.folds()
				w.chained(nil)
			}
		}
		if w.done < 75 {
			t.Errorf("seed %d: only %d commands did something", seed, w.done)
		}
	}
	if len(states) < 6 {
		t.Errorf("the walks saw only %v", states)
	}
}

// trail returns the whole trail.
func (w *walker) trail() (all []releaseplan.Entry) {
	w.Helper()
	for {
		var after int64
		if len(all) > 0 {
			after = all[len(all)-1].Seq
		}
		page, err := w.service().History(w.Context(), w.plan.ID(), after, 100, ann)
		all = append(all, must(w, page, err)...)
		if len(page) < 100 {
			return all
		}
	}
}

// folds checks that the stored trail makes the stored plan.
func (w *walker) folds() {
	w.Helper()
	var changes []releaseplan.Change
	for _, e := range w.trail() {
		changes = append(changes, e.Change)
	}
	p, err := releaseplan.Fold(changes)
	if diff := cmp.Diff(exported(w, w.plan), exported(w, must(w, p, err))); diff != "" {
		w.Fatalf("the trail of %d changes makes another plan: %s", len(changes), diff)
	}
}

// chained checks the chain of events as it is stored: each names the hash of the
// stored bytes of the one before, and the header has that of the last.
func (w *walker) chained(key []byte) {
	w.Helper()
	sum := func(body []byte) string {
		if key == nil {
			h := sha256.Sum256(body)
			return hex.EncodeToString(h[:])
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		return hex.EncodeToString(mac.Sum(nil))
	}
	id := store.Key{Kind: "plan", ID: w.plan.ID()}
	var head string
	seq := int64(0)
	for {
		events, err := w.store.Events(w.Context(), store.EventQuery{Subject: id, After: seq})
		for _, e := range must(w, events, err) {
			var entry struct {
				Seq  int64
				Prev string
			}
			if err := json.Unmarshal(e.Body, &entry); err != nil {
				w.Fatal(err)
			}
			seq++
			if e.Seq != seq || entry.Seq != seq || entry.Prev != head {
				w.Fatalf("event %d has the numbers %d and %d, and names %q for %q", seq, e.Seq, entry.Seq, entry.Prev, head)
			}
			head = sum(e.Body)
		}
		if len(events) == 0 {
			break
		}
	}
	records, err := w.store.Get(w.Context(), id)
	var header struct{ Head string }
	if err := json.Unmarshal(must(w, records, err)[0].Body, &header); err != nil {
		w.Fatal(err)
	}
	if header.Head != head || head == "" {
		w.Errorf("the header names %q, the last event of %d has %q", header.Head, seq, head)
	}
}

func (on suite) testHistoryTellsTheChain(t *testing.T) {
	w := on.walk(t, 1)
	for range 60 {
		w.step()
	}
	trail := w.trail()
	prev, commits := "", make(map[string]bool)
	for i, e := range trail {
		if e.Seq != int64(i+1) || e.Prev != prev || e.Hash == "" || e.Commit == "" {
			t.Fatalf("entry %d: %+v", i, e)
		}
		prev = e.Hash
		commits[e.Commit] = true
	}
	if len(commits) != w.done+1 {
		t.Errorf("%d commits for %d commands and the beginning", len(commits), w.done)
	}
	if n := w.plan.Status().Changes; n != int64(len(trail)) {
		t.Errorf("the status counts %d changes, the trail has %d", n, len(trail))
	}
}

func (on suite) testSealReplacesTheHash(t *testing.T) {
	key := []byte("the host's")
	w := on.walk(t, 1)
	s := on.service(t, releaseplan.Config{Store: w.store, Seal: on.sealed(func(event []byte) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(event)
		return mac.Sum(nil)
	})})
	w.plan = create(t, s, contentOf("sealed", 1, 2, ""))
	command(t, s, w.plan.ID(), releaseplan.Command{Action: releaseplan.Execute})
	w.chained(key)
	trail, err := s.History(t.Context(), w.plan.ID(), 0, 0, ann)
	for i, e := range must(t, trail, err)[1:] {
		if e.Prev != trail[i].Hash {
			t.Errorf("entry %d names %s, not %s", e.Seq, e.Prev, trail[i].Hash)
		}
	}
}
